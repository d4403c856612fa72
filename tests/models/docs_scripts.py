"""Loads the scripts in docs/ as modules, because docs/ is not a package."""

import importlib.util
from types import ModuleType

from makegood.settings import PROJECT


def docs_script(name: str) -> ModuleType:
    """The module of the script with this name."""
    spec = importlib.util.spec_from_file_location(name, PROJECT / "docs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
