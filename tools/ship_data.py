"""Builds the data that playbill ships, once, from the three open sets it comes from.

    python tools/ship_data.py SOURCE_DIR

SOURCE_DIR holds bokeh-movies/movies.parquet, movietweetings-100k/{ratings,movies}.parquet and
wikipedia-movies/movies.parquet. Writes titles.parquet, ratings.parquet and synopses.parquet into src/playbill/data/,
in a fixed order with one thread, so the same sources give the same bytes, and prints what it counted.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

TARGET = Path(__file__).parent.parent / "src" / "playbill" / "data"
MOST_ACTORS = 8
CINEMA = "film|movie|picture|documentary|mockumentary|biopic|comedy|drama|western|thriller|directed|starring|stars"

SOURCES = """
    create view films as from read_parquet('{source}/bokeh-movies/movies.parquet');
    create view tweets as from read_parquet('{source}/movietweetings-100k/ratings.parquet');
    create view tweeted as from read_parquet('{source}/movietweetings-100k/movies.parquet');
    create view pages as from read_parquet('{source}/wikipedia-movies/movies.parquet');

    create macro tt(number) as 'tt' || lpad(number::varchar, 7, '0');
    -- "Sammy Davis, Jr." is one name, although names are separated by commas
    create macro names(joined) as list_filter(string_split(
        regexp_replace(coalesce(joined, ''), ', (Jr\\.|Sr\\.|II|III|IV|PhD)(, |$)', ' \\1\\2', 'g'), ', '
    ), lambda name: name != '');
    -- "Upside Down (2012 film)" is the name of an encyclopedia page, not of the film
    create macro bare(title) as regexp_replace(title, ' \\((\\d{{4}} )?film\\)$', '');
    create macro plain(title) as trim(regexp_replace(
        strip_accents(lower(replace(bare(title), '&', ' and '))), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'
    ));
"""

# Two ids stand twice, once for a later cut of the film. The row stays whose title MovieTweetings uses for the id, then
# the one nearest to its year, then the one with the lower number in the source.
KEPT = """
    create table kept as
    select films.* from films left join tweeted on tt(tweeted.imdb_id) = films.imdb_id
    qualify row_number() over (
        partition by films.imdb_id
        order by plain(films.title) = plain(regexp_replace(tweeted.title, ' \\(\\d{4}\\)$', '')) desc nulls last,
                 abs(films.year - tweeted.year) nulls last, films.id
    ) = 1
"""

TITLES = """
    create table titles as
    with roles as (select imdb_id, unnest(list_distinct(names("cast"))) as actor from kept),
    known as (select actor, count(*) as films from roles group by actor),
    ranked as (
        select imdb_id, list(actor order by films desc, actor)[:{most}] as actors
        from roles join known using (actor) group by imdb_id
    )
    select kept.imdb_id as id, bare(title) as name, year::smallint as year, names(genres) as genres,
           names(director) as directors, coalesce(actors, []) as "cast", names(writer) as writers,
           names(country) as countries, names(language) as languages, mpaa as maturity, runtime as runtime_minutes,
           released
    from kept left join ranked on ranked.imdb_id = kept.imdb_id order by id
"""

RATINGS = """
    create table ratings as
    select user_id as profile, tt(imdb_id) as title, rating, "timestamp"
    from tweets semi join titles on tt(tweets.imdb_id) = titles.id
    order by "timestamp", profile, title
"""

# One page a film: a title and year that two pages or two films share matches nothing. A film without a page of its own
# year takes that of the year before or after, if there is one page and one film. Some pages tell of the novel, play or
# song of that name: an extract without a single word of the cinema is left out.
SYNOPSES = """
    create table articles as
    select plain(title) as plain, year, min(wiki_page) as wiki_page, min(extract) as extract
    from pages
    where wiki_page is not null and plain != '' and regexp_matches(extract, '(?i)\\b({cinema})')
    group by all having count(distinct wiki_page) = 1;

    create table wanted as
    select min(id) as id, plain(name) as plain, year from titles where plain != '' group by all having count(*) = 1;

    create table exact as select id, wiki_page, extract from wanted join articles using (plain, year);

    create table near as
    with open as (from wanted anti join exact using (id)),
    unused as (from articles anti join exact using (wiki_page))
    select id, wiki_page, extract from open join unused
    on open.plain = unused.plain and abs(open.year - unused.year) = 1
    qualify count(*) over (partition by id) = 1 and count(*) over (partition by wiki_page) = 1;

    create table synopses as
    from (from exact union all from near)
    qualify count(*) over (partition by wiki_page) = 1 order by id;
"""

COUNTS = {
    "films in the source": "select count(*) from films",
    "titles": "select count(*) from titles",
    "titles with a maturity": "select count(maturity) from titles",
    "titles rated G": "select count(*) from titles where maturity = 'G'",
    "titles rated G or PG": "select count(*) from titles where maturity in ('G', 'PG')",
    "titles up to PG with the forerunners GP and M/PG": (
        "select count(*) from titles where maturity in ('G', 'PG', 'GP', 'M/PG')"
    ),
    "genres": "select count(distinct genre) from (select unnest(genres) as genre from titles)",
    "titles without a genre": "select count(*) from titles where len(genres) = 0",
    "titles without a runtime": "select count(*) from titles where runtime_minutes is null",
    "first and last year": "select [min(year), max(year)] from titles",
    "ratings in the source": "select count(*) from tweets",
    "ratings": "select count(*) from ratings",
    "people": "select count(distinct profile) from ratings",
    "people with one or two ratings": (
        "select count(*) from (select profile from ratings group by profile having count(*) <= 2)"
    ),
    "rated titles": "select count(distinct title) from ratings",
    "first rating": 'select to_timestamp(min("timestamp"))::varchar from ratings',
    "last rating": 'select to_timestamp(max("timestamp"))::varchar from ratings',
    "synopses": "select count(*) from synopses",
    "of these by the year before or after": "select count(*) from synopses semi join near using (id)",
    "share of titles with a synopsis": (
        "select round((select count(*) from synopses) / (select count(*) from titles), 3)"
    ),
    "share of ratings on a title with a synopsis": (
        "select round((select count(*) from ratings semi join synopses on title = id) / count(*), 3) from ratings"
    ),
}


def build(source: Path) -> duckdb.DuckDBPyConnection:
    """The three tables, in order, in memory."""
    con = duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False})
    con.execute("set timezone = 'UTC'")
    con.execute(SOURCES.format(source=str(source).replace("'", "''")))
    for statement in (KEPT, TITLES.format(most=MOST_ACTORS), RATINGS, SYNOPSES.format(cinema=CINEMA)):
        con.execute(statement)
    return con


def ship(con: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Write each table as one Parquet file, zstd."""
    for table in ("titles", "ratings", "synopses"):
        path = target / f"{table}.parquet"
        con.execute(f"copy {table} to '{path}' (format parquet, compression zstd, compression_level 19)")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def main() -> None:
    """Build, write, and print the counts."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    con = build(Path(sys.argv[1]))
    ship(con, TARGET)
    for name, query in COUNTS.items():
        answer = con.execute(query).fetchone()
        assert answer is not None
        value = answer[0]
        print(f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}")


if __name__ == "__main__":
    main()
