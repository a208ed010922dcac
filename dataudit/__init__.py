"""The same as `auditor`, under the name of the distribution: `dataudit.check is auditor.check`.

Every module of `auditor` is here too, and is the same object: `import dataudit.errors` imports `auditor.errors`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

import auditor

if TYPE_CHECKING:
    from auditor import *  # noqa: F403 # each name is what it is there

    __version__: str

__all__ = auditor.__all__


class _Same(MetaPathFinder, Loader):
    """Finds `dataudit.x` as the module `auditor.x`, so that no class is there twice."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        if package != __name__ or not name or name == "__main__":
            return None
        try:
            module = importlib.import_module(f"auditor.{name}")
        except ModuleNotFoundError as error:
            if error.name is not None and f"auditor.{name}.".startswith(f"{error.name}."):
                return None  # then Python reports it by the name that was typed
            raise
        return ModuleSpec(fullname, self, is_package=hasattr(module, "__path__"))

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(f"auditor{spec.name.removeprefix(__name__)}")
        spec.loader_state = module.__spec__  # importing gives it the spec of the other name
        return module

    def exec_module(self, module: ModuleType) -> None:
        made = module.__spec__
        if made is not None and made.loader_state is not None:
            module.__spec__ = made.loader_state


sys.meta_path.insert(0, _Same())


def __getattr__(name: str) -> object:
    try:
        return getattr(auditor, name)
    except AttributeError:
        raise AttributeError(f"module 'dataudit' has no attribute '{name}'") from None


def __dir__() -> list[str]:
    return dir(auditor)
