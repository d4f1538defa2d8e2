"""Every store passes the same suite."""

from pathlib import Path

from playbill.testing.stores import StoreSuite


class TestSQLite(StoreSuite):
    def url(self, folder: Path) -> str:
        return f"sqlite:///{folder}/deep/log.db"

    def url_of_copy(self, path: Path) -> str:
        return f"sqlite:///{path}"
