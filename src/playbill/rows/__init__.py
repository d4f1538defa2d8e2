"""Row types: what a row of the page can be. A new one is a file here and a line below."""

from playbill.rows.because_you_liked import BecauseYouLiked
from playbill.rows.because_you_watched import BecauseYouWatched
from playbill.rows.by_actor import ByActor
from playbill.rows.by_country import ByCountry
from playbill.rows.by_decade import ByDecade
from playbill.rows.by_director import ByDirector
from playbill.rows.by_genre import ByGenre
from playbill.rows.by_genre_pair import ByGenrePair
from playbill.rows.continue_watching import ContinueWatching
from playbill.rows.editors_choice import EditorsChoice
from playbill.rows.my_list import MyList
from playbill.rows.new import New
from playbill.rows.outside_your_usual import OutsideYourUsual
from playbill.rows.popular import Popular
from playbill.rows.row import RowType
from playbill.rows.top_picks import TopPicks
from playbill.rows.trending_now import TrendingNow
from playbill.rows.watch_again import WatchAgain

ROWS: tuple[RowType, ...] = (
    ContinueWatching(),
    TopPicks(),
    EditorsChoice(),
    MyList(),
    BecauseYouWatched(),
    BecauseYouLiked(),
    TrendingNow(),
    New(),
    Popular(),
    ByGenre(),
    ByGenrePair(),
    ByDirector(),
    ByActor(),
    ByCountry(),
    ByDecade(),
    OutsideYourUsual(),
    WatchAgain(),
)
"""Every row type. Where two themes promise the same, the earlier one comes first."""
