"""Search: from a query to titles that the member may see."""

from playbill.search.index import Found, Index
from playbill.search.search import Answer, search

__all__ = ["Answer", "Found", "Index", "search"]
