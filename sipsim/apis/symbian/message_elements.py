"""What an application says in a message, and reads of one: header fields and content; the rest is the stack's."""

from __future__ import annotations

from collections.abc import Iterable

from sipsim.apis.symbian.errors import KErrArgument, KErrSIPInvalidURIType, KErrSIPMalformedMessage, Leave, expect
from sipsim.apis.symbian.lifetime import Deletable
from sipsim.errors import UsageError
from sipsim.message.fields import MediaType
from sipsim.message.grammar import encode
from sipsim.message.message import Message, Request, Response
from sipsim.message.names import named
from sipsim.message.start_lines import status_line
from sipsim.message.uri import SIP_SCHEMES, Uri
from sipsim.protocol.location import as_uri

OF_THE_STACK = frozenset(
    ("via", "from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type", "contact", "route")
)
"""Folded names of what no application sets as a user header."""

Headers = Iterable[tuple[str, str]]


class CSIPMessageElements(Deletable):
    """User headers and content, of a request or a response (the original's CSIPMessageElements)."""

    def __init__(self, aUserHeaders: Headers = (), aContent: bytes = b"", aContentType: str = "") -> None:
        self._headers: tuple[tuple[str, str], ...] = ()
        self._content, self._type = b"", ""
        self.SetUserHeadersL(aUserHeaders)
        if aContent:
            self.SetContentL(aContent, aContentType)

    @classmethod
    def of(cls, message: Message) -> CSIPMessageElements:
        """What a message brought."""
        made = cls()
        made._headers = tuple([(name, value) for name, value in message.headers])
        made._content, made._type = message.body, message.header("Content-Type") or ""
        return made

    @classmethod
    def NewL(cls) -> CSIPMessageElements:
        """Without anything in it yet."""
        return cls()

    def UserHeaders(self) -> tuple[tuple[str, str], ...]:
        """(name, value) of each header field."""
        self.usable()
        return self._headers

    def SetUserHeadersL(self, aUserHeaders: Headers) -> None:
        """Set all user headers; leaves with KErrArgument for one that is the stack's to set."""
        self.usable()
        try:
            headers = tuple([(name, value) for name, value in aUserHeaders])
        except (TypeError, ValueError):
            raise Leave(KErrArgument, f"aUserHeaders: {aUserHeaders!r} are no pairs of name and value") from None
        for name, value in headers:
            expect("name of a header field", name, str)
            expect(name, value, str)
            try:
                folded, _ = named(name)
                encode(value)
            except UsageError as error:
                raise Leave(KErrSIPMalformedMessage, f"header field {name!r}: {error}") from None
            if folded in OF_THE_STACK:
                raise Leave(KErrArgument, f"{name} is for the stack to set, it is no user header")
        self._headers = headers

    def Content(self) -> bytes:
        """The body."""
        self.usable()
        return self._content

    def ContentType(self) -> str:
        """Its type."""
        self.usable()
        return self._type

    def SetContentL(self, aContent: bytes | str, aContentType: str) -> None:
        """Set the body; leaves with KErrSIPMalformedMessage for a type that is none."""
        self.usable()
        expect("aContent", aContent, bytes, str)
        expect("aContentType", aContentType, str)
        try:
            MediaType.parse(aContentType)
        except Exception:
            raise Leave(KErrSIPMalformedMessage, f"content type: {aContentType!r} is none") from None
        self._content = aContent.encode() if isinstance(aContent, str) else aContent
        self._type = aContentType

    SetUserHeaders, SetContent = SetUserHeadersL, SetContentL


def elements_of(given: CSIPMessageElements | None) -> CSIPMessageElements:
    """What an application gave, or nothing in particular."""
    if given is None:
        return CSIPMessageElements()
    expect("aElements", given, CSIPMessageElements)
    given.usable()
    return given


def sip_uri(text: str | Uri) -> Uri:
    """A SIP URI; leaves with KErrSIPMalformedMessage for what is none, KErrSIPInvalidURIType for another scheme."""
    try:
        uri = as_uri("aURI", text)
    except UsageError as error:
        raise Leave(KErrSIPMalformedMessage, str(error)) from None
    if uri.scheme not in SIP_SCHEMES:
        raise Leave(KErrSIPInvalidURIType, f"{uri} has scheme {uri.scheme}; sip and sips can be reached")
    return uri


class CSIPRequestElements(Deletable):
    """A request as its application sees it (the original's CSIPRequestElements)."""

    def __init__(self, aRemoteURI: str | Uri) -> None:
        self._uri = sip_uri(aRemoteURI)
        self._method = ""
        self._from: Uri | None = None
        self._to: Uri | None = None
        self._elements = CSIPMessageElements()
        self.request: Request | None = None

    @classmethod
    def NewL(cls, aRemoteURI: str | Uri) -> CSIPRequestElements:
        """For this destination."""
        return cls(aRemoteURI)

    @classmethod
    def to_send(cls, method: str, uri: Uri, elements: CSIPMessageElements) -> CSIPRequestElements:
        """Of a request of a binding or an association, which has a method and a destination of its own."""
        made = cls.__new__(cls)
        made._uri, made._method, made._elements = uri, method, elements
        made._from = made._to = made.request = None
        return made

    @classmethod
    def of(cls, request: Request) -> CSIPRequestElements:
        """Of a request that arrived."""
        made = cls.__new__(cls)
        made._uri, made._method, made.request = request.uri, request.method, request
        made._from, made._to = request.from_.uri, request.to.uri
        made._elements = CSIPMessageElements.of(request)
        return made

    def RemoteURI(self) -> Uri:
        """The Request-URI."""
        self.usable()
        return self._uri

    def Method(self) -> str:
        """The method; empty until it is set."""
        self.usable()
        return self._method

    def SetMethodL(self, aMethod: str) -> None:
        """Set the method, such as "MESSAGE"."""
        self.usable()
        expect("aMethod", aMethod, str)
        if not aMethod.isalpha() or aMethod.upper() != aMethod:
            raise Leave(KErrSIPMalformedMessage, f"method: {aMethod!r} is none")
        self._method = aMethod

    def FromHeader(self) -> Uri | None:
        """Who sends it; None where the stack fills it in."""
        self.usable()
        return self._from

    def SetFromHeaderL(self, aFrom: str | Uri) -> None:
        """Say who sends it."""
        self._from = sip_uri(aFrom)

    def ToHeader(self) -> Uri | None:
        """Whom it is for; None where that is the destination."""
        self.usable()
        return self._to

    def SetToHeaderL(self, aTo: str | Uri) -> None:
        """Say whom it is for."""
        self._to = sip_uri(aTo)

    def CSeqHeader(self) -> int | None:
        """Its number; None before it was sent."""
        return None if self.request is None else self.request.cseq.number

    def MessageElements(self) -> CSIPMessageElements:
        """Its user headers and content."""
        self.usable()
        return self._elements

    SetMethod, SetFromHeader, SetToHeader = SetMethodL, SetFromHeaderL, SetToHeaderL


class CSIPResponseElements(Deletable):
    """A response as its application sees it (the original's CSIPResponseElements)."""

    def __init__(self, aStatusCode: int, aReasonPhrase: str | None = None) -> None:
        if isinstance(aStatusCode, bool) or not isinstance(aStatusCode, int) or not 100 < aStatusCode < 700:
            text = f"status: {aStatusCode!r}; an application sends 101 to 699, and 100 is the stack's"
            raise Leave(KErrArgument, text)
        _, self._reason = status_line(aStatusCode, aReasonPhrase)
        self._status = aStatusCode
        self._elements = CSIPMessageElements()
        self.response: Response | None = None

    @classmethod
    def NewL(cls, aStatusCode: int, aReasonPhrase: str | None = None) -> CSIPResponseElements:
        """With this status; leaves with KErrArgument for one that applications may not send."""
        return cls(aStatusCode, aReasonPhrase)

    @classmethod
    def of(cls, response: Response) -> CSIPResponseElements:
        """Of a response that arrived."""
        made = cls.__new__(cls)
        made._status, made._reason, made.response = response.status, response.reason, response
        made._elements = CSIPMessageElements.of(response)
        return made

    def StatusCode(self) -> int:
        """The status code."""
        self.usable()
        return self._status

    def ReasonPhrase(self) -> str:
        """The reason phrase."""
        self.usable()
        return self._reason

    def MessageElements(self) -> CSIPMessageElements:
        """Its user headers and content."""
        self.usable()
        return self._elements
