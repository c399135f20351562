# SPDX-License-Identifier: Apache-2.0
"""docs/benchmarks.md, as the last run found things; the same in short for a terminal."""

from lines import LIVELY

MEANING = """
## What is measured

CPU is user and system time of all processes of a server, kernel work for its sockets included, divided by its answers. The server has one
core and the load (`vouch bench`) another, which an idle-priority loop keeps awake, unless a line says otherwise. Every line is measured once in each round, one after another, and what
the ratios divide comes from the same round: a machine that is slower for a while is so for both. Ratios are the medians of those of the
rounds; their range is in brackets. Settings are the defaults, but for `threads` and, so that every answer fits, `store: {{ memory: 4GiB }}`.

- **stored answer**: the URLs of {count:,} certificates in random order, over {connections} connections that stay; all answers were made before, and
  the metrics are asked afterwards whether all of them came from the store. nginx is asked with the same URLs, and returns the same fields
  and as many octets from its configuration ({stored} octets): less than that no HTTP server has to do.
- **live answer**: POST with a new nonce in each request: one lookup in the database of {count:,} certificates, about {lively:,} of them, and one
  signature for each answer. Set against the signature as `openssl speed` makes it, and nginx that returns as many octets.
- **two threads**: server and load share both cores; the ratio is of answers per CPU second.
- **the flood**: a client asks for stored answers, {rate} in a second, each at its time whether or not the one before was answered; latency counts
  from the moment at which a request was due. Server and client have one core, the signer and a flood of nonces, at twice the rate that can be signed, the
  other. What cannot be signed is told tryLater. The flood has 3,000 connections from one address, for which `limits: {{ per_address: 6000 }}` is set.
  nginx, which signs nothing, is asked as often: what it takes is what HTTP takes of the machine, and what the load takes of its core.
- **sources of many certificates**: an SQLite database and a CRL of {entries:,} certificates, and an index.txt of a tenth; the page cache is warm. Lookups are
  of serial numbers in random order, in a program that does nothing else. Memory is `RssAnon` of the server process. While another list takes the
  CRL's place both are in memory for a moment.
- **other responders** are those that Debian packages. `openssl ocsp` has one connection per answer; beside it ours with the same. `cfssl ocspserve`
  has its 100 answers presigned in memory.

```
make bench                                                  # writes this page
make bench BENCH_FLAGS='--rounds 9 --seconds 8'             # with more patience
make bench BENCH_FLAGS='--certificates 10000 --only lines'  # with less
```
"""


def figure(series):
    digits = 0 if series.median >= 1000 else 2 if series.median < 100 else 1
    unit = f" {series.unit}" if series.unit not in ("", "/s") else series.unit
    return f"{series.median:.{digits}f}{unit}", f"{series.least:.{digits}f} to {series.most:.{digits}f}"


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def ratio_rows(lines):
    for ratio in lines.ratios.values():
        sign = "at most" if ratio.at_most else "at least"
        yield [ratio.what, f"**{ratio.median:.2f}** [{ratio.least:.2f} to {ratio.most:.2f}]", f"{sign} {ratio.bound:.2f}",
               "yes" if ratio.kept else "no"]


def bounded_rows(part):
    for series, bound in part.rows():
        goal = [f"at most {bound:.1f} {series.unit}", "yes" if series.median <= bound else "no"] if bound else ["", ""]
        yield [series.what, *figure(series), *goal]


def sections(results):
    lines, flood, others, sources = (results.get(name) for name in ("lines", "flood", "others", "sources"))
    if lines:
        yield "## Ratios\n\n" + table(["", "median [range]", "goal", "met"], ratio_rows(lines))
        yield "## CPU per answer\n\n" + table(["", "median", "range"], ([s.what, *figure(s)] for s in lines.cost.values()))
    if flood:
        yield "## The flood\n\n" + table(["", "median", "range", "goal", "met"], bounded_rows(flood))
    if sources:
        yield "## Sources of many certificates\n\n" + table(["", "median", "range", "goal", "met"], bounded_rows(sources))
    if others:
        yield "## Other responders, CPU per answer\n\n" + table(["", "median", "range"], ([s.what, *figure(s)] for s in others.cost.values()))


def page(results, facts, options):
    lines = results.get("lines")
    intro = f"# Benchmarks\n\nWritten by `make bench` on {facts['date']}: {options.rounds} rounds of {options.seconds} s.\n"
    machine = table(["", ""], ([name, value] for name, value in facts.items() if name != "date"))
    meaning = MEANING.format(count=options.certificates, entries=options.entries, lively=LIVELY, connections=options.connections, rate=500,
                             stored=lines.octets["stored"] if lines else "as many")
    return "\n".join([intro, machine, *sections(results)]) + meaning


def summary(results):
    """Without what makes it a table of Markdown."""
    for part in sections(results):
        yield "\n".join(line for line in part.replace("**", "").splitlines() if not line.startswith("|---"))
