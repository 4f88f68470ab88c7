"""Rules about what else is said: methods and extensions that nobody knows, INFO, MESSAGE, Replaces, 199."""

from __future__ import annotations

from collections.abc import Iterator

from sipsim.trace.checker.conversations import Dialog
from sipsim.trace.checker.index import Index
from sipsim.trace.checker.rule import MUST, Fault, fault, rule


@rule("EXT-08", MUST, "RFC 3261 §8.2.2.3")
def unknown_extensions(index: Index) -> Iterator[Fault]:
    """Who does not know an extension that a request requires says 420, with that in Unsupported; CANCEL gets none."""
    known: dict[str, set[str]] = {}
    for transaction in index.transactions:
        asked = transaction.first
        needed = {tag.lower() for tag in asked.get("require", ())}
        for answer in transaction.sent(200)[:1]:
            if not answer.own:
                continue
            if answer.status == 420:
                unknown = {tag.lower() for tag in answer.get("unsupported", ())}
                needed |= {tag.lower() for tag in asked.get("proxy_require", ())}
                if asked.method == "CANCEL" or not unknown or not unknown <= needed:
                    said = f"Unsupported: {', '.join(sorted(unknown))}" if unknown else "no Unsupported"
                    yield fault(f"420 to {asked.method} has {said}", answer, asked)
            elif answer.status < 300 and needed and index.watched(answer.sender) and not transaction.branches:
                known = known or _listed(index, "supported")
                missing = sorted(needed - known[answer.sender])
                if missing and known[answer.sender]:
                    yield fault(f"{answer.status} accepts what requires {', '.join(missing)}", answer, asked)


@rule("EXT-09", MUST, "RFC 3261 §20.32")
def extensions_of_both(index: Index) -> Iterator[Fault]:
    """A response requires no extension that its request did not list in Supported or Require, but for 421 and 494."""
    for transaction in index.transactions:
        for answer in transaction.sent(101):
            if not answer.own or answer.status in (421, 494) or answer.copy_of or not answer.get("require", ()):
                continue
            asked = transaction.first
            known = {tag.lower() for tag in (*asked.get("supported", ()), *asked.get("require", ()))}
            if missing := [tag for tag in answer.get("require") if tag.lower() not in known]:
                yield fault(f"{answer.status} requires {', '.join(missing)}, which nobody said to know", answer, asked)


@rule("EXT-10", MUST, "RFC 3261 §8.2.1")
def unknown_methods(index: Index) -> Iterator[Fault]:
    """A method that is not known gets 405, with the known ones in Allow, or 501 of those who never heard of it."""
    for transaction in index.transactions:
        asked = transaction.first
        for answer in transaction.sent(405, 405)[:1]:
            allowed = {name.upper() for name in answer.get("allow", ())}
            if answer.own and (not allowed or asked.method.upper() in allowed):
                yield fault(f"405 to {asked.method} has {'that in' if allowed else 'no'} Allow", answer, asked)


@rule("EXT-11", MUST, "RFC 6086 §4.2.2")
def info_packages(index: Index) -> Iterator[Fault]:
    """INFO is in a dialog; a package not in its receiver's Recv-Info gets 469, with that; no 2xx has it unasked."""
    known: dict[str, set[str]] = {}
    for transaction in index.invites:
        asked = transaction.first
        for answer in transaction.sent(200, 299)[:1]:  # §5.2.3
            if answer.own and answer.get("recv_info") and asked.message and not asked.message.has("Recv-Info"):
                yield fault(f"{answer.status} has Recv-Info, and its INVITE had none", answer, asked)
    for transaction in index.transactions:
        hop = transaction.first
        if transaction.method != "INFO":
            continue
        if hop.own and not hop.to_tag:
            yield fault("INFO is in no dialog", hop)
        package = hop.get("info_package")
        for answer in transaction.sent(200)[:1]:
            if not answer.own or not (index.whole and index.watched(answer.sender)) or answer.message is None:
                continue
            known = known or _listed(index, "recv_info")
            if answer.status == 469 and not answer.message.has("Recv-Info"):
                yield fault("469 does not list the packages that would do", answer)
            elif answer.status < 300 and package and package.value.lower() not in known.get(answer.sender, ()):
                yield fault(f"{answer.status} accepts INFO of the package {package.value}", answer, hop)


@rule("EXT-12", MUST, "RFC 3428 §7")
def messages(index: Index) -> Iterator[Fault]:
    """MESSAGE has no Contact, as it makes no dialog; its 2xx has none either, and no body."""
    for transaction in index.transactions:
        hop = transaction.first
        if transaction.method != "MESSAGE":
            continue
        if hop.own and hop.copy_of is None and hop.contacts:
            yield fault("MESSAGE has a Contact", hop)
        for answer in transaction.sent(200, 299)[:1]:
            if answer.own and answer.contacts:
                yield fault(f"{answer.status} to MESSAGE has a Contact", answer)
            elif answer.own and answer.message is not None and answer.message.body:
                yield fault(f"{answer.status} to MESSAGE has a body", answer)


@rule("EXT-13", MUST, "RFC 3891 §3")
def takes_the_place(index: Index) -> Iterator[Fault]:
    """Replaces stands in an INVITE, once; who accepts it knows that dialog, and ends it; 481 where there is none."""
    for hop in index.requests:
        count = hop.message.names.count("replaces") if hop.message is not None and hop.fresh else 0
        if count > (hop.method == "INVITE"):
            yield fault(f"{hop.method} has Replaces {'where it means nothing' if count == 1 else 'twice'}", hop)
    for transaction in index.invites:
        wanted = transaction.first.get("replaces")
        accepted = transaction.sent(200, 299)[:1] if wanted is not None else []
        for answer in accepted if index.whole and index.steady(transaction.server) else ():
            other = index.dialogs.get((wanted.call_id, wanted.to_tag, wanted.from_tag))
            other = other or index.dialogs.get((wanted.call_id, wanted.from_tag, wanted.to_tag))
            if not answer.own:
                continue
            if other is None:
                yield fault(f"{answer.status} takes the place of a dialog that never was", answer, transaction.first)
            elif not _is_over(index, other) and index.over(answer.time + index.patience):
                yield fault("the dialog whose place was taken goes on", answer, transaction.first)


@rule("EXT-14", MUST, "RFC 6228 §5")
def early_dialog_is_over(index: Index) -> Iterator[Fault]:
    """A 199 goes to those who know it, ends an early dialog of theirs, says why in Reason, and has no body."""
    for transaction in index.invites:
        for hop in transaction.sent(199, 199):
            asked = transaction.first
            if hop.upstream is not None or hop.copy_of is not None or not index.watched(hop.sender):
                continue
            early = [one for one in transaction.sent(101, 198) if one.to_tag == hop.to_tag and one.number < hop.number]
            if "199" not in [tag.lower() for tag in asked.get("supported", ())]:
                yield fault("199 goes to somebody who does not know it", hop, asked)
            elif not early:
                yield fault("199 ends an early dialog that never was", hop, asked)
            elif hop.message is not None and hop.message.body:
                yield fault("199 has a body", hop)
            elif not hop.get("reasons"):
                yield fault("199 does not say why", hop)


def _listed(index: Index, field: str) -> dict[str, set[str]]:
    """All that each element has ever listed in a header field, in lower case."""
    found: dict[str, set[str]] = {}
    for hop in [*index.requests, *index.responses]:
        if hop.own:
            found.setdefault(hop.sender, set()).update(value.lower() for value in hop.get(field, ()))
    return found


def _is_over(index: Index, dialog: Dialog) -> bool:
    """Whether somebody has ended a dialog, or taken back or refused the INVITE that was to make it."""
    ended = any(hop.method == "BYE" for hop in dialog.requests)
    refused = any(leg.sent(300) for leg in dialog.legs)
    cancelled = any(one.method == "CANCEL" for leg in dialog.legs for one in index.sharing_branch(leg))
    return ended or refused or cancelled
