"""Symbian's SIP Client API on this engine: its classes, constants and error numbers, by their own names."""

from sipsim.apis.symbian.bearer import Bearer
from sipsim.apis.symbian.capabilities import Handles
from sipsim.apis.symbian.client_transaction import CSIPClientTransaction
from sipsim.apis.symbian.connection import CSIPConnection
from sipsim.apis.symbian.csip import CSIP
from sipsim.apis.symbian.dialog import CSIPDialog
from sipsim.apis.symbian.dialog_assoc_base import CSIPDialogAssocBase
from sipsim.apis.symbian.errors import (
    KErrAlreadyExists,
    KErrArgument,
    KErrCouldNotConnect,
    KErrInUse,
    KErrNone,
    KErrNotFound,
    KErrNotReady,
    KErrNotSupported,
    KErrPermissionDenied,
    KErrSIPForbidden,
    KErrSIPICMPFailure,
    KErrSIPInvalidContact,
    KErrSIPInvalidDialogRequest,
    KErrSIPInvalidDialogResponse,
    KErrSIPInvalidDialogState,
    KErrSIPInvalidRegistrarResponse,
    KErrSIPInvalidRegistrationState,
    KErrSIPInvalidTransactionState,
    KErrSIPInvalidURIType,
    KErrSIPMalformedMessage,
    KErrSIPMaxCompartmentsInUse,
    KErrSIPNoAckReceived,
    KErrSIPOutboundProxyNotResponding,
    KErrSIPRequestPending,
    KErrSIPResolvingFailure,
    KErrSIPResourceNotAvailable,
    KErrSIPTerminatedWithResponse,
    KErrSIPTransportFailure,
    KErrTimedOut,
    Leave,
)
from sipsim.apis.symbian.http_digest import CSIPHttpDigest
from sipsim.apis.symbian.invite_assoc import CSIPInviteDialogAssoc
from sipsim.apis.symbian.message_elements import (
    CSIPMessageElements,
    CSIPRequestElements,
    CSIPResponseElements,
)
from sipsim.apis.symbian.notify_assoc import CSIPNotifyDialogAssoc
from sipsim.apis.symbian.observers import (
    MSIPConnectionObserver,
    MSIPHttpDigestChallengeObserver,
    MSIPHttpDigestChallengeObserver2,
    MSIPObserver,
)
from sipsim.apis.symbian.profile_agent import Profile, ProfileAgent
from sipsim.apis.symbian.refer_assoc import CSIPReferDialogAssoc
from sipsim.apis.symbian.refresh import CSIPRefresh
from sipsim.apis.symbian.registration_binding import (
    CSIPRegistrationBinding,
    KSIPCacheOutboundProxyIP,
    KSIPSendWithExpires,
)
from sipsim.apis.symbian.server import SIPServer
from sipsim.apis.symbian.server_transaction import CSIPServerTransaction
from sipsim.apis.symbian.subscribe_assoc import CSIPSubscribeDialogAssoc
from sipsim.apis.symbian.transaction_base import CSIPTransactionBase

__all__ = [
    "CSIP",
    "Bearer",
    "CSIPClientTransaction",
    "CSIPConnection",
    "CSIPDialog",
    "CSIPDialogAssocBase",
    "CSIPHttpDigest",
    "CSIPInviteDialogAssoc",
    "CSIPMessageElements",
    "CSIPNotifyDialogAssoc",
    "CSIPReferDialogAssoc",
    "CSIPRefresh",
    "CSIPRegistrationBinding",
    "CSIPRequestElements",
    "CSIPResponseElements",
    "CSIPServerTransaction",
    "CSIPSubscribeDialogAssoc",
    "CSIPTransactionBase",
    "Handles",
    "KErrAlreadyExists",
    "KErrArgument",
    "KErrCouldNotConnect",
    "KErrInUse",
    "KErrNone",
    "KErrNotFound",
    "KErrNotReady",
    "KErrNotSupported",
    "KErrPermissionDenied",
    "KErrSIPForbidden",
    "KErrSIPICMPFailure",
    "KErrSIPInvalidContact",
    "KErrSIPInvalidDialogRequest",
    "KErrSIPInvalidDialogResponse",
    "KErrSIPInvalidDialogState",
    "KErrSIPInvalidRegistrarResponse",
    "KErrSIPInvalidRegistrationState",
    "KErrSIPInvalidTransactionState",
    "KErrSIPInvalidURIType",
    "KErrSIPMalformedMessage",
    "KErrSIPMaxCompartmentsInUse",
    "KErrSIPNoAckReceived",
    "KErrSIPOutboundProxyNotResponding",
    "KErrSIPRequestPending",
    "KErrSIPResolvingFailure",
    "KErrSIPResourceNotAvailable",
    "KErrSIPTerminatedWithResponse",
    "KErrSIPTransportFailure",
    "KErrTimedOut",
    "KSIPCacheOutboundProxyIP",
    "KSIPSendWithExpires",
    "Leave",
    "MSIPConnectionObserver",
    "MSIPHttpDigestChallengeObserver",
    "MSIPHttpDigestChallengeObserver2",
    "MSIPObserver",
    "Profile",
    "ProfileAgent",
    "SIPServer",
]
