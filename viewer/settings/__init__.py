"""What a laboratory and a person like to have: kept from evening to evening, the same for window and terminal."""

from viewer.settings.kept import Settings, config_folder
from viewer.settings.person import Person

__all__ = ["Person", "Settings", "config_folder"]
