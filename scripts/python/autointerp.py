# autointerp
# Reads a run of autointerp into pandas DataFrames and a networkx graph.
# SPDX-License-Identifier: Apache-2.0
"""Reads what a run knows about the neurons of a model.

    import autointerp
    run = autointerp.load("runs/medical-smollm2-1f2e3d4c")
    run.profiles.loc["L29/N560"]                    # counts, specificity, role
    run.peaks.query("neuron == 'L29/N560'")         # where it fires most, selected or not
    run.activations.query("neuron == 'L29/N560'")   # where it was selected: prompt, position, token, activation, score
    run.edges.query("target == 'L29/N560'")         # what drives it
    run.graph.predecessors("L29/N560")              # the same as a networkx graph

Everything joins by name: a neuron is `L29/N560`, an input token `E_504`, a predicted token `L_791`, the metric `M`.
`autointerp atlas schema` explains every column.

The program `autointerp` makes the index that is read here, and makes it anew if the run has gone on: it is looked for in the
environment variable AUTOINTERP_BINARY, then in PATH. An index of the run's present results is read without the program.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
from functools import cached_property

import networkx
import pandas

__all__ = ["Run", "load"]


class Run:
    """One run. Tables are read when they are first asked for."""

    def __init__(self, path: pathlib.Path, index: pathlib.Path):
        self.path = path
        self._index = index

    def query(self, sql: str, parameters=()) -> pandas.DataFrame:
        """The rows of a SELECT over the views and tables of the index."""
        connection = sqlite3.connect(f"{self._index.resolve().as_uri()}?mode=ro", uri=True)
        try:
            return pandas.read_sql_query(sql, connection, params=parameters)
        finally:
            connection.close()

    @cached_property
    def info(self) -> dict:
        """What was run: model, rule, numbers of prompts."""
        rows = self.query("SELECT key, value FROM info")
        return dict(zip(rows["key"], rows["value"]))

    @cached_property
    def profiles(self) -> pandas.DataFrame:
        """A row per neuron, by name."""
        return self.query("SELECT * FROM profiles").set_index("neuron")

    @cached_property
    def edges(self) -> pandas.DataFrame:
        """A row per edge, complete."""
        return self.query("SELECT * FROM edges")

    @cached_property
    def activations(self) -> pandas.DataFrame:
        """A row per neuron, prompt and position: token, activation, scores, measured contribution."""
        return self.query("SELECT * FROM evidence")

    @cached_property
    def prompts(self) -> pandas.DataFrame:
        """A row per prompt, by number."""
        return self.query("SELECT * FROM prompts").set_index("prompt")

    @cached_property
    def peaks(self) -> pandas.DataFrame:
        """The strongest activations of each prompt among all neurons, selected there or not; of neurons with a profile."""
        return self.query("SELECT * FROM peaks")

    @cached_property
    def specificity(self) -> pandas.DataFrame:
        """A row per neuron and comparison of two groups."""
        return self.query("SELECT * FROM specificity")

    @cached_property
    def labels(self) -> pandas.DataFrame:
        """A row per label; empty if there are none."""
        return self._labels("labels", ["neuron", "layer", "index", "polarity", "text", "source", "version", "score"])

    @cached_property
    def label_scores(self) -> pandas.DataFrame:
        """A row per label and score: how well the label predicts held-out prompts, and what other neurons' labels reach."""
        return self._labels(
            "scores",
            ["neuron", "source", "version", "text", "kind", "scorer", "value", "low", "high", "control", "prompts"])

    def _labels(self, view: str, columns: list[str]) -> pandas.DataFrame:
        """A view of the file of labels; empty if there is none of it."""
        path = pathlib.Path(f"{self.path}-labels")
        if not path.exists():
            return pandas.DataFrame(columns=columns)
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        try:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (view,)).fetchone():
                return pandas.DataFrame(columns=columns)
            return pandas.read_sql_query(f"SELECT * FROM {view}", connection)
        finally:
            connection.close()

    @cached_property
    def graph(self) -> networkx.DiGraph:
        """Neurons, tokens and the metric, connected by edges with their statistics.

        Nodes carry `kind` and `text`, and neurons what `profiles` says about them.
        """
        graph = networkx.DiGraph()
        for end in ("source", "target"):
            ends = self.edges[[end, f"{end}_kind", f"{end}_text"]].drop_duplicates(end)
            graph.add_nodes_from((name, {"kind": kind, "text": text}) for name, kind, text in ends.itertuples(index=False))
        for name, values in self.profiles.to_dict("index").items():
            graph.add_node(name, kind="neuron", **values)
        columns = ["prompts", "mean_flow", "flow_sum", "absolute_flow_sum", "occurrences"]
        graph.add_edges_from(
            (row[0], row[1], dict(zip(columns, row[2:])))
            for row in self.edges[["source", "target", *columns]].itertuples(index=False))
        return graph

    def __repr__(self) -> str:
        return f"<run {self.info['run']} of {self.info['model']}: {self.info['merged_prompts']} of {self.info['prompts']} prompts>"


def load(path: str | os.PathLike) -> Run:
    """Opens the run in a folder, or the SQLite file of a run, as it stands now."""
    file = pathlib.Path(path)
    if file.is_dir():
        file = file / "run.sqlite"
    if not file.exists():
        raise FileNotFoundError(f"{file} does not exist: name a run's folder or its SQLite file")
    file = file.resolve()
    program = os.environ.get("AUTOINTERP_BINARY") or shutil.which("autointerp")
    if program:
        # Makes the index, or leaves it alone if it is not stale.
        made = subprocess.run([program, "query", str(file), "SELECT 1"], capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(made.stderr.strip())
    index = _index(file)
    if index is None:
        raise FileNotFoundError(
            f"{file} has no index of its present results and the program autointerp was not found: set AUTOINTERP_BINARY, or run "
            f"`autointerp query {file} \"SELECT 1\"` once")
    return Run(file, index)


def _state(file: pathlib.Path) -> str:
    """The digest of the results that a run has now, as `AtlasReader.state` computes it."""
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("BEGIN")
        digest = hashlib.blake2b(digest_size=16)
        for prompt, of in connection.execute("SELECT prompt, digest FROM deltas ORDER BY prompt"):
            digest.update(f"{prompt}:".encode() + of)
        for (prompt,) in connection.execute("SELECT prompt FROM quarantine ORDER BY prompt"):
            digest.update(f"quarantined {prompt};".encode())
        return digest.hexdigest()
    finally:
        connection.close()


def _index(file: pathlib.Path) -> pathlib.Path | None:
    """The index of a run's present results: beside its file, or in the user's cache if the folder cannot be written. None if
    there is none. Times do not tell: an older index in the cache may have been written later."""
    state = _state(file)
    return next((place for place in _places(file) if place.exists() and _digest(place) == state), None)


def _places(file: pathlib.Path) -> list[pathlib.Path]:
    """Where an index may be, as `IndexLocation.places` has it."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    name = hashlib.blake2b(str(file).encode(), digest_size=16).hexdigest()
    return [pathlib.Path(f"{file}-index"), cache / "autointerp" / "indexes" / f"{name}.sqlite"]


def _digest(index: pathlib.Path) -> str | None:
    """The digest of the results that an index describes; None if the file is no index."""
    try:
        connection = sqlite3.connect(f"{index.resolve().as_uri()}?mode=ro", uri=True)
        try:
            row = connection.execute("SELECT value FROM info WHERE key = 'digest'").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return None
    return row[0] if row else None
