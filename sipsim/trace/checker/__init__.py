"""The checker: does what went over the wire keep to the RFCs? `check(trace)` gives the findings.

    rule            what a rule is, and what it finds
    hops            the messages of a trace, parsed once, with when they arrived and were worked on
    conversations   transactions and dialogs
    index           those of one trace, and forwarded copies, put together once
    check           the rules of all chapters, run over one trace
    syntax, via, tags, cseq, ack, cancel, repetition, dialogs, routes, proxies, forks, registration, digest,
                    offers, extensions
                    the chapters: a rule is a short function that looks at an index and yields faults

A rule speaks only of what the trace proves. Of an element that is watched (one of ours, not a host in a capture) all
that it got and sent is there, at exact times. Of others it is not known what reached them; there a rule needs
messages that both were seen, and leaves alone what may have been lost on the way.
"""
