"""The exceptions of the project.

LabelloopError
├── BadSettings        a deployment's setting is missing or out of its limits
├── Ignored            understood, and nothing to do about it                      200
├── Rejected           the same input will fail again: answer 4xx, or quarantine it
│   ├── BadRequest     not the JSON that Label Studio sends                         400
│   ├── Foreign        asked by a web page that is not ours                         403
│   ├── NotJson        a change that is not sent as JSON                            415
│   ├── Unprocessable  JSON, but not an event or request of the contract            422
│   ├── Denied         Label Studio refuses our token                               502
│   ├── Untrusted      the certificate of who answers is not trusted
│   ├── NotFound       nothing of that name                                         404
│   │   └── Gone           Label Studio has the project no more: deleted, or another one
│   ├── TooLarge       cannot be answered within the platform's limits              413
│   └── BadModel       a model artefact that must not be served
│       └── OutOfMemory  not loaded for want of memory, which says nothing of the model
├── Damaged            what lies in the store is not what was once stored there
└── Retryable          may go well the next time
    ├── Conflict       somebody else wrote the object first
    ├── Outpaced       somebody else did, time and again
    └── Unavailable    the store or the queue did not answer                        503
"""


class LabelloopError(Exception):
    """Root of everything the project raises on purpose. `fix`: what a person can do about it."""

    def __init__(self, told: str = "", fix: str = "") -> None:
        super().__init__(told)
        self.fix = fix


class BadSettings(LabelloopError):
    """A deployment's setting is missing or out of its limits."""


class Ignored(LabelloopError):
    """The event is understood, and there is nothing to store of it; the text says why."""


class Rejected(LabelloopError):
    """The same input will fail again."""


class BadRequest(Rejected):
    """The body is not the JSON that Label Studio sends."""


class Foreign(Rejected):
    """A web page that is not ours asks for a change, with the credentials that a browser keeps."""


class NotJson(Rejected):
    """A change is asked for in another content type than JSON, as any web page's form can."""


class Unprocessable(Rejected):
    """The body is JSON, but not an event or a request of the contract."""


class Denied(Rejected):
    """Label Studio refuses our token: wrong, expired, switched off, or without the right."""


class Untrusted(Rejected):
    """The certificate of who answers is not trusted: no second try will change that."""


class NotFound(Rejected):
    """There is nothing of that name."""


class Gone(NotFound):
    """A project is not in Label Studio any more: deleted, or its id is another one's by now."""


class TooLarge(Rejected):
    """The request cannot be answered within the platform's limits; the text says what to do."""


class BadModel(Rejected):
    """A model artefact that must not be served."""


class Damaged(LabelloopError):
    """What lies in the store is not what was once stored there; the text says what."""


class OutOfMemory(BadModel):
    """There is no memory to load a model artefact; another process may have it."""


class Retryable(LabelloopError):
    """The same input may go well the next time."""


class Conflict(Retryable):
    """Somebody else wrote the object first."""


class Outpaced(Retryable):
    """Somebody else wrote the object first, time and again."""


class Unavailable(Retryable):
    """The store or the queue did not answer."""
