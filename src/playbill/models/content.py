"""DRAFT by the founder; the models builder replaces it."""
from __future__ import annotations
import numpy as np
from scipy import sparse

class Content:
    def __init__(self): self.n = 0; self.data = np.zeros(0); self.indices = np.zeros(0, np.int32); self.indptr = np.zeros(1, np.int32); self.f = 0
    def train(self, interactions, catalog, now, rng):
        cols, rows, off = [], [], 0
        for facet in catalog.facets.values():
            rows.append(facet.titles); cols.append(facet.term_of_pair + off); off += len(facet.terms)
        r, c = np.concatenate(rows), np.concatenate(cols)
        df = np.bincount(c, minlength=off); w = np.log(len(catalog) / np.maximum(df, 1)) 
        m = sparse.csr_array((w[c], (r, c)), shape=(len(catalog), max(off, 1)))
        norm = np.sqrt(np.asarray(m.multiply(m).sum(axis=1)).ravel()); m = sparse.csr_array(sparse.diags_array(1 / np.maximum(norm, 1e-9)) @ m)
        self.n, self.f, self.data, self.indices, self.indptr = len(catalog), m.shape[1], m.data, m.indices, m.indptr
    @property
    def m(self): return sparse.csr_array((self.data, self.indices, self.indptr), shape=(self.n, self.f))
    def arrays(self): return {"data": self.data, "indices": self.indices, "indptr": self.indptr, "f": np.array([self.f])}
    @classmethod
    def of(cls, a): s = cls(); s.data, s.indices, s.indptr, s.f, s.n = a["data"], a["indices"], a["indptr"], int(a["f"][0]), len(a["indptr"]) - 1; return s
    def to(self, title): return self.m @ self.m[[title]].toarray().ravel()
    def scores(self, viewers, n):
        out = np.full((len(viewers), n), np.nan); m = self.m
        for i, v in enumerate(viewers):
            if len(v.titles): out[i, : self.n] = m @ (np.maximum(v.weights, 0) @ m[v.titles].toarray())
        return out
    def causes(self, viewer, titles): return np.zeros((0, len(titles)))
