"""Connections to the deployed Labelloop, and to Label Studio with a person's token."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from labelloop.adapters.label_studio_admin import LabelStudioAdmin
from labelloop.adapters.label_studio_api import LabelStudioApi
from labelloop.adapters.label_studio_http import base_url
from labelloop.cli.address import Address
from labelloop.cli.aws import stack_url
from labelloop.cli.backend import Backend
from labelloop.cli.network import pool_for
from labelloop.errors import BadSettings, NotFound
from labelloop.labelstudio.payloads import key_of, project_key
from labelloop.ports import LabelStudio


@dataclass(frozen=True)
class Studio:
    """One Label Studio: the API that the loop uses, and the one to set it up."""

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
    """The connections and the project of one command; each is looked up when it is first needed.

    `project_option`: the number or the whole key of the project; None for the only one. `stack`:
    where URL and password are looked up if there is no `labelloop_url`.
    """

    labelloop_url: str
    project_option: str | None = None
    label_studio_url: str | None = None
    token: str | None = None
    ask_token: Callable[[], str] = str
    stack: str = ""
    _key: str = field(default="", init=False)

    @cached_property
    def backend(self) -> Backend:
        """The deployed Labelloop."""
        url = self.labelloop_url or (stack_url(self.stack) if self.stack else "")
        return open_backend(Address.read(url))

    @cached_property
    def studio_url(self) -> str:
        """Label Studio's address: from the options, else from the deployment."""
        url = self.label_studio_url or self.backend.get("/label-studio")["url"]
        if not url:
            raise BadSettings(
                "Label Studio's address is unknown: none is given, and the deployment names none",
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
        """Say whether Label Studio can be called without a prompt for the token."""
        return bool(self.label_studio_url and self.token) or "studio" in self.__dict__

    @cached_property
    def project_id(self) -> int:
        """The project's id in Label Studio."""
        return int(self._id_or_key.partition(".")[0])

    @property
    def key(self) -> str:
        """The project key.

        It comes from Labelloop, so that no command waits for a Label Studio that is down. It comes
        from Label Studio once the project was read there, or if Labelloop has no project of the
        number, or several.
        """
        if not self._key:
            self._key = self._find_key()
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
        if "." not in self._id_or_key:
            self._key = key_of(project)
        return project

    def _find_key(self) -> str:
        if "." in self._id_or_key:
            return project_key(self._id_or_key)
        id_ = self._id_or_key
        keys = [str(key) for key in self.backend.get("/projects")["projects"]]
        matches = [key for key in keys if key.partition(".")[0] == id_]
        if len(matches) == 1:
            return matches[0]
        if self.label_studio_url and self.token:
            return key_of(self.project)
        if matches:
            raise BadSettings(
                f"Labelloop knows several projects {id_}: {', '.join(matches)}",
                "give --project one of them in full",
            )
        raise NotFound(
            f"Labelloop knows no project {id_}",
            f"connect it first: labelloop connect --project {id_}",
        )

    @cached_property
    def _id_or_key(self) -> str:
        option = self.project_option
        if option is None:
            return self._only_key()
        if option.partition(".")[0].isdecimal():
            return option
        raise BadSettings(
            f"--project {option}: expected a number",
            "give the number in the project's address in Label Studio",
        )

    def _only_key(self) -> str:
        keys = self.backend.get("/projects")["projects"]
        if len(keys) == 1:
            return str(keys[0])
        raise BadSettings(
            f"Labelloop knows {len(keys)} projects", "name one: --project <number in its address>"
        )
