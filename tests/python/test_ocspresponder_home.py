# SPDX-License-Identifier: Apache-2.0
"""The thread that called serve(): what is called there, and what stays where it is."""

import sqlite3
import threading

import pytest
from ocspresponder._home import Home

SECONDS = 30


def on_a_thread(function):
    """What the function returns, or raises, on a thread of its own."""
    results = []

    def run():
        try:
            results.append(function())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


@pytest.fixture
def home():
    made = Home()
    yield made
    made.end()


def test_a_function_that_runs_anywhere_stays_where_it_is(home):
    thread, results = on_a_thread(lambda: home.call(threading.get_ident))
    thread.join(SECONDS)
    assert results != [threading.get_ident()] and not home.is_needed


def test_a_function_that_needs_its_thread_is_called_there_from_then_on(home):
    connection = sqlite3.connect(":memory:")

    def ask():
        connection.execute("select 1")
        return threading.get_ident()

    thread, results = on_a_thread(lambda: [home.call(ask), home.call(threading.get_ident), home.end()])
    home.wait()
    thread.join(SECONDS)
    assert results == [[threading.get_ident(), threading.get_ident(), None]]
    assert home.call(threading.get_ident) == threading.get_ident()


@pytest.mark.parametrize("error", [ValueError("no"), sqlite3.ProgrammingError("You did not supply a value"),
                                   sqlite3.OperationalError("thread")])
def test_other_errors_pass_through(home, error):
    def fails():
        raise error

    thread, results = on_a_thread(lambda: home.call(fails))
    thread.join(SECONDS)
    assert results == [error] and not home.is_needed


def test_an_error_there_reaches_who_called(home):
    home.is_needed = True
    thread, results = on_a_thread(lambda: home.call(lambda: 1 // 0))
    on_a_thread(lambda: (thread.join(SECONDS), home.end()))
    home.wait()
    assert isinstance(results[0], ZeroDivisionError)


def test_an_interruption_there_ends_the_wait_and_fails_the_call(home):
    def interrupted():
        raise KeyboardInterrupt

    home.is_needed = True
    thread, results = on_a_thread(lambda: home.call(interrupted))
    with pytest.raises(KeyboardInterrupt):
        home.wait()
    thread.join(SECONDS)
    assert isinstance(results[0], RuntimeError)


def test_nobody_waits_for_a_thread_that_has_gone(home):
    home.is_needed = True
    waiting, results = on_a_thread(lambda: home.call(lambda: "too late"))
    while home._tasks.empty():
        assert waiting.is_alive()
    home.end()
    waiting.join(SECONDS)
    thread, later = on_a_thread(lambda: home.call(lambda: "too late"))
    thread.join(SECONDS)
    assert isinstance(results[0], RuntimeError) and isinstance(later[0], RuntimeError)
    home.wait()
