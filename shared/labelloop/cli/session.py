"""Both ends of the line: the deployed Labelloop, and Label Studio with a person's token."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from labelloop.adapters.label_studio_admin import LabelStudioAdmin
from labelloop.adapters.label_studio_api import LabelStudioApi
from labelloop.adapters.label_studio_http import base_url
from labelloop.cli.address import Address
from labelloop.cli.backend import Backend
from labelloop.cli.network import pool_for
from labelloop.errors import BadSettings, NotFound
from labelloop.labelstudio.payloads import key_of, project_key
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
    url = base_url(url)
    api = LabelStudioApi(url, lambda: token, pool=pool_for(url, maxsize=1))
    return Studio(url, token, api, LabelStudioAdmin(url, lambda: token, api.http))


@dataclass
class Session:
    """What one command works with; nothing is asked before it is needed."""

    labelloop_url: str
    named: str | None = None
    label_studio_url: str | None = None
    token: str | None = None
    ask_token: Callable[[], str] = str
    _key: str = field(default="", init=False)

    @cached_property
    def backend(self) -> Backend:
        """The deployed Labelloop."""
        return open_backend(Address.read(self.labelloop_url))

    @cached_property
    def studio_url(self) -> str:
        """Where Label Studio is: the address given, or the one that the deployment names."""
        url = self.label_studio_url or self.backend.get("/label-studio")["url"]
        if not url:
            raise BadSettings(
                "Label Studio's address is not known: none is given, and the deployment names none",
                "give --label-studio, or set LABEL_STUDIO_URL",
            )
        return str(url).rstrip("/")

    @cached_property
    def studio(self) -> Studio:
        """Label Studio, with a person's token."""
        url = self.studio_url
        token = (self.token or self.ask_token()).strip()
        if not token:
            raise BadSettings(
                "there is no token for Label Studio",
                "set LABEL_STUDIO_TOKEN to one of yours (in Label Studio: Account & Settings)",
            )
        return open_studio(url, token)

    @property
    def has_studio(self) -> bool:
        """Say whether Label Studio can be asked without asking the person."""
        return bool(self.label_studio_url and self.token) or "studio" in self.__dict__

    @cached_property
    def project_id(self) -> int:
        """The project's id in Label Studio."""
        return int(self._named.partition(".")[0])

    @property
    def key(self) -> str:
        """The project's `<id>.<created>`.

        Labelloop's, so that nothing waits for a Label Studio that is down; once the project was
        looked at in Label Studio, or where only that can tell, it is the one there.
        """
        if not self._key:
            self._key = self._found_key()
        return self._key

    @property
    def project(self) -> dict[str, Any]:
        """The project as Label Studio has it now."""
        try:
            project = self.studio.api.project(self.project_id)
        except NotFound:
            raise NotFound(
                f"Label Studio at {self.studio.url} has no project {self.project_id}",
                "give --project the number in the project's address there",
            ) from None
        if "." not in self._named:
            self._key = key_of(project)
        return project

    def _found_key(self) -> str:
        if "." in self._named:
            return project_key(self._named)
        keys = [str(key) for key in self.backend.get("/projects")["projects"]]
        found = [key for key in keys if key.partition(".")[0] == self._named]
        if len(found) == 1:
            return found[0]
        if self.label_studio_url and self.token:
            return key_of(self.project)
        if found:
            raise BadSettings(
                f"Labelloop knows several projects {self._named}: {', '.join(found)}",
                "give --project one of them in full",
            )
        raise NotFound(
            f"Labelloop knows no project {self._named}",
            f"connect it first: labelloop connect --project {self._named}",
        )

    @cached_property
    def _named(self) -> str:
        if self.named is None:
            return self._only_one()
        if self.named.partition(".")[0].isdecimal():
            return self.named
        raise BadSettings(
            f"--project {self.named}: expected a number",
            "give the number in the project's address in Label Studio",
        )

    def _only_one(self) -> str:
        keys = self.backend.get("/projects")["projects"]
        if len(keys) == 1:
            return str(keys[0])
        raise BadSettings(
            f"Labelloop knows {len(keys)} projects", "name one: --project <number in its address>"
        )
