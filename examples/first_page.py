"""A page, a thumb, and the next page: playbill from Python. Needs a trained service, such as the tutorial's.

python examples/first_page.py my-service mira
"""

import sys
import uuid

from playbill.app import Playbill
from playbill.events import Action, Kind


def main(home: str, profile: str) -> None:
    """Show a member's page, dislike its first title, and show that the next page obeys."""
    with Playbill(home) as service:
        served = service.homepage(profile, shape=(6, 8))
        service.serve(served.impression).result()  # logged: from here on `playbill replay` builds it again
        before = served.impression.slots.title
        print(f"{len(served.page.rows)} rows, {len(before)} titles. First: {before[0]}")

        down = Action(
            uuid.uuid4().hex, profile, Kind.THUMBS, service.clock(),
            title=before[0], value=-1, source=served.impression.id,
        )  # fmt: skip
        service.record([down])  # returns when it is durable
        after = service.homepage(profile, shape=(6, 8)).impression.slots.title
        print(f"After a thumb down: {before[0]} is {'still there' if before[0] in after else 'gone'}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
