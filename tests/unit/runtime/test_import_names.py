"""The guard names a package that took one of our import names."""

from pathlib import Path

import pytest

from runtime.names import ImportNameTaken, check_import_names, refuse_owner, refuse_place


def test_in_this_environment_our_names_are_ours() -> None:
    check_import_names()


def test_another_distribution_is_named_with_the_remedy() -> None:
    with pytest.raises(ImportNameTaken, match=r"'checkov'.*'schema'.*pip uninstall checkov"):
        refuse_owner("schema", ["plumbline", "checkov"])


def test_our_own_distribution_may_have_the_name() -> None:
    refuse_owner("schema", ["plumbline"])


def test_a_folder_elsewhere_on_the_path_is_named() -> None:
    with pytest.raises(ImportNameTaken, match="/elsewhere/api"):
        refuse_place("api", Path("/elsewhere/api"), root=Path("/here"))


def test_a_missing_package_is_named() -> None:
    with pytest.raises(ImportNameTaken, match="'api'"):
        refuse_place("api", None, root=Path("/here"))
