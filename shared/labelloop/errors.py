"""The exceptions of the project.

LabelloopError
├── BadSettings        a deployment's setting is missing or out of its limits
├── Ignored            understood, but there is nothing to do                      200
├── Rejected           the same input will fail again: answer 4xx, or quarantine it
│   ├── BadRequest     not the JSON that Label Studio sends                         400
│   ├── Foreign        a request from a web page of another site                    403
│   ├── NotJson        a change that is not sent as JSON                            415
│   ├── Unprocessable  JSON, but not an event or request of the contract            422
│   ├── Denied         Label Studio refuses our token                               502
│   ├── Untrusted      the server's certificate is not trusted
│   ├── NotFound       nothing has that name                                        404
│   │   └── Gone           no longer in Label Studio: deleted, or its id is another project's
│   ├── Unreadable     an image or a text that can't be fetched, or is none
│   │   └── Unreached      not now: its server did not answer, or a setting is in the way
│   ├── TooLarge       cannot be answered within the platform's limits              413
│   ├── BadRecipe      a recipe of one's own fails, or returns what it must not     422
│   └── BadModel       a model artefact that must not be served
│       └── OutOfMemory  not loaded for lack of memory, which says nothing about the model
├── Damaged            a stored object is not what was written
└── Retryable          may succeed the next time
    ├── Conflict       another process wrote the object first
    ├── Outpaced       other processes did so at every try
    └── Unavailable    the store or the queue did not answer                        503
"""


class LabelloopError(Exception):
    """Root of everything the project raises on purpose. `fix`: what a person can do about it."""

    def __init__(self, message: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.fix = fix


class BadSettings(LabelloopError):
    """A deployment's setting is missing or out of its limits."""


class Ignored(LabelloopError):
    """The event is understood, but nothing in it needs to be stored; the message says why."""


class Rejected(LabelloopError):
    """The same input will fail again."""


class BadRequest(Rejected):
    """The body is not the JSON that Label Studio sends."""


class Foreign(Rejected):
    """A web page of another site requests a change, with credentials that a browser stores."""


class NotJson(Rejected):
    """A change is requested in a content type other than JSON, as any web page's form can do."""


class Unprocessable(Rejected):
    """The body is JSON, but not an event or a request of the contract."""


class Denied(Rejected):
    """Label Studio refuses our token: it is wrong, expired, disabled, or lacks the permission."""


class Untrusted(Rejected):
    """The server's certificate is not trusted; a second try will not change that."""


class NotFound(Rejected):
    """Nothing has that name."""


class Gone(NotFound):
    """A project is no longer in Label Studio: deleted, or its id is now another project's."""


class Unreadable(Rejected):
    """An image or a text can't be fetched, or is none; the message says why, without its URL."""


class Unreached(Unreadable):
    """It can't be fetched now: a later try, or another setting, may change that."""


class TooLarge(Rejected):
    """The request cannot be answered within the platform's limits; the message says what to do."""


class BadRecipe(Rejected):
    """A recipe of one's own fails, or returns what it must not; the message says which and how."""


class BadModel(Rejected):
    """A model artefact that must not be served."""


class Damaged(LabelloopError):
    """A stored object is not what was written; the message says which and how."""


class OutOfMemory(BadModel):
    """There is not enough memory to load a model artefact; another process may have enough."""


class Retryable(LabelloopError):
    """The same input may succeed the next time."""


class Conflict(Retryable):
    """Another process wrote the object first."""


class Outpaced(Retryable):
    """Other processes wrote the object first, at every try."""


class Unavailable(Retryable):
    """The store or the queue did not answer."""


def words_of(exc: BaseException) -> str:
    """Return what an exception says, on one line of 200 characters at most."""
    try:
        said = " ".join(str(exc).split())[:200]
    except Exception:  # of a class of its own, which may do anything
        said = ""
    return f"{type(exc).__name__}: {said}" if said else type(exc).__name__
