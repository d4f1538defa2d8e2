from collections.abc import Sequence

import pytest

from playbill.rows import ROWS
from playbill.rows.row import RowType
from playbill.testing.rows import CHECKS, Case, Check, service


@pytest.fixture(scope="module")
def cases() -> Sequence[Case]:
    return service()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("row_type", ROWS, ids=lambda row_type: row_type.kind)
def test_every_row_type(row_type: RowType, check: Check, cases: Sequence[Case]) -> None:
    check(row_type, cases)
