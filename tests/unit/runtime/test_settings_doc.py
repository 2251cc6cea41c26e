"""docs/settings.md says what runtime/settings.py says."""

from runtime.settings import Settings
from runtime.settings_page import SETTINGS_PAGE, render_settings


def test_settings_page_is_current() -> None:
    assert SETTINGS_PAGE.read_text(encoding="utf-8") == render_settings(), "write it anew: make docs"


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
