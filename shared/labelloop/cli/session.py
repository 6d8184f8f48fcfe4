"""Both ends of the line: the deployed Labelloop, and Label Studio with a person's token."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from labelloop.adapters.label_studio_admin import LabelStudioAdmin
from labelloop.adapters.label_studio_api import LabelStudioApi
from labelloop.cli.address import Address
from labelloop.cli.backend import Backend
from labelloop.errors import BadSettings, NotFound
from labelloop.labelstudio import key_of, project_key
from labelloop.ports import LabelStudio


@dataclass(frozen=True)
class Studio:
    """One Label Studio: what the loop needs of it, and what a person sets up in it."""

    url: str
    token: str
    api: LabelStudio
    admin: LabelStudioAdmin


def open_backend(address: Address) -> Backend:
    """Return the deployed Labelloop."""
    return Backend(address)


def open_studio(url: str, token: str) -> Studio:
    """Return Label Studio."""
    api = LabelStudioApi(url, lambda: token)
    return Studio(url, token, api, LabelStudioAdmin(url, lambda: token, api.http))


@dataclass
class Session:
    """What one command works with; nothing is asked before it is needed."""

    labelloop_url: str
    named: str | None = None
    label_studio_url: str | None = None
    token: str | None = None
    ask_token: Callable[[], str] = str

    @cached_property
    def backend(self) -> Backend:
        """The deployed Labelloop."""
        return open_backend(Address.read(self.labelloop_url))

    @cached_property
    def studio(self) -> Studio:
        """Label Studio, at the address given or the one that the deployment names."""
        url = self.label_studio_url or self.backend.get("/label-studio")["url"]
        if not url:
            raise BadSettings("where is Label Studio? give --label-studio or LABEL_STUDIO_URL")
        token = (self.token or self.ask_token()).strip()
        if not token:
            raise BadSettings("no token: set LABEL_STUDIO_TOKEN (Label Studio: Account & Settings)")
        return open_studio(url.rstrip("/"), token)

    @property
    def has_studio(self) -> bool:
        """Say whether Label Studio can be asked without asking the person."""
        return bool(self.label_studio_url and self.token) or "studio" in self.__dict__

    @cached_property
    def project_id(self) -> int:
        """The project's id in Label Studio."""
        return int(self._named.partition(".")[0])

    @cached_property
    def key(self) -> str:
        """The project's `<id>.<created>`.

        Label Studio knows it; without one, Labelloop does, unless ids were used again.
        """
        if "." in self._named:
            return project_key(self._named)
        if self.label_studio_url:
            return key_of(self.project)
        keys = self.backend.get("/projects")["projects"]
        found = [key for key in keys if key.partition(".")[0] == self._named]
        if len(found) == 1:
            return str(found[0])
        if found:
            raise BadSettings(f"several projects had the id {self._named}: {', '.join(found)}")
        raise NotFound(f"Labelloop knows no project {self._named}: connect it first")

    @property
    def project(self) -> dict[str, Any]:
        """The project as Label Studio has it now."""
        try:
            return self.studio.api.project(self.project_id)
        except NotFound:
            raise NotFound(f"Label Studio has no project {self.project_id}") from None

    @cached_property
    def _named(self) -> str:
        if self.named is None:
            return self._only_one()
        if self.named.partition(".")[0].isdecimal():
            return self.named
        raise BadSettings("--project: expected a number, as in the project's address")

    def _only_one(self) -> str:
        keys = self.backend.get("/projects")["projects"]
        if len(keys) == 1:
            return str(keys[0])
        raise BadSettings(f"which project? give --project; Labelloop knows {len(keys)}")
