"""The window as a whole: layout, pages, commands, notices, closing, what is kept."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QStyleOptionViewItem,
)
from window_fakes import CAPABILITIES, FakePage, fake_makers, fake_session, plan

from coun_gui.experiments.spec import parse_experiment
from coun_gui.ui import actions
from coun_gui.ui.app import make_application
from coun_gui.ui.command_palette import Entry, matching
from coun_gui.ui.main_window import MainWindow
from coun_gui.ui.theme import Theme
from coun_gui.ui.widgets.notice_bar import NoticeBar

SPEC = parse_experiment({"methods": [{"name": "ft"}]})


@pytest.fixture
def session(qapp, tmp_path):
    session = fake_session(tmp_path)
    yield session
    session.close()


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def theme(qapp, settings):
    theme = Theme(make_application(), settings)
    yield theme
    theme.deleteLater()


@pytest.fixture
def window(qtbot, session, settings, theme):
    window = MainWindow(session, theme, settings, fake_makers)
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.pages_ready):
        window.show()
    return window


def test_importing_the_window_loads_neither_torch_nor_plots():
    heavy = "['torch', 'umap', 'sklearn', 'numba', 'pyqtgraph', 'matplotlib']"
    code = f"import sys, coun_gui.ui.app; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pages_are_made_after_the_window_is_shown_and_know_the_theme(window):
    pages = [window.page(name) for name in ("metrics", "embedding", "results")]
    assert all(isinstance(page, FakePage) for page in pages)
    window.theme.set_mode("dark")
    assert [page.dark for page in pages] == [True, True, True]


def test_a_page_is_torn_off_and_docked_again(window):
    window.pages.show_page("embedding")
    window.pages.tear_off("embedding")
    dock = window.pages.docks["embedding"]
    assert dock.isFloating()
    assert dock.isVisible()
    window.pages.tear_off("embedding")
    assert not dock.isFloating()


@pytest.mark.parametrize(("name", "key"), [("metrics", "1"), ("embedding", "2"), ("results", "3")])
def test_ctrl_and_a_number_go_to_a_page(window, qtbot, name, key):
    window.commands.action(f"page_{name}").trigger()
    assert window.pages.current() == name
    assert window.commands.action(f"page_{name}").shortcut().toString() == f"Ctrl+{key}"


def test_no_two_commands_share_a_shortcut(window):
    keys = [action.shortcut().toString() for action in window.commands.all()]
    used = [key for key in keys if key]
    assert len(used) == len(set(used))


def test_the_palette_finds_by_letters_and_does_it(window, qtbot):
    window.open_palette()
    qtbot.keyClicks(window.palette_list.line, "goemb")
    assert window.palette_list.titles()[0] == "Go to Embedding"
    qtbot.keyClick(window.palette_list.line, Qt.Key.Key_Return)
    assert window.pages.current() == "embedding"
    assert window.palette_list.isHidden()


def test_the_palette_shows_shortcuts_whole_however_long_a_title_is(window, qtbot):
    window.show()
    window.palette_list.open(
        [Entry("A long title " * 12, lambda: None, "Ctrl+Shift+O"), Entry("B", lambda: None)]
    )
    lines = window.palette_list.list
    assert lines.horizontalScrollBar().maximum() == 0
    option = QStyleOptionViewItem()
    option.rect, option.font = lines.visualItemRect(lines.item(0)), lines.font()
    option.fontMetrics = lines.fontMetrics()
    assert option.rect.right() <= lines.viewport().rect().right()
    lines.itemDelegate().initStyleOption(option, lines.indexFromItem(lines.item(0)))
    words = lines.fontMetrics().horizontalAdvance(option.text)
    assert option.text.endswith("…")
    assert words + lines.fontMetrics().horizontalAdvance("Ctrl+Shift+O") < option.rect.width()


def test_escape_closes_the_palette(window, qtbot):
    window.open_palette()
    qtbot.keyClick(window.palette_list.line, Qt.Key.Key_Escape)
    assert window.palette_list.isHidden()


def test_what_cannot_be_done_says_why_in_the_palette(window, qtbot):
    window.setup.set_spec(parse_experiment({"reference": False}))
    window.open_palette()
    item = window.palette_list.list.item(0)
    assert item.toolTip() == "Tick at least one method."
    window.palette_list.accept()
    assert window.palette_list.isVisible()


def test_words_that_begin_with_the_letters_come_first():
    entries = [
        Entry(title, lambda: None) for title in ("Export what this tab shows", "Open experiment", "Quit")
    ]
    assert [entry.title for entry in matching(entries, "ex")] == [
        "Export what this tab shows",
        "Open experiment",
    ]
    assert matching(entries, "xyz") == []
    assert matching(entries, " ") == entries


def test_a_notice_shows_and_goes_without_blocking(window):
    window.session.told.emit("Something is wrong.", "Do this.")
    assert window.notices.isVisible()
    assert window.notices.sentence.text() == "Something is wrong. Do this."
    window.notices.dismiss_button.click()
    assert not window.notices.isVisible()


def test_earlier_notices_wait_behind_the_latest(qtbot):
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.tell("One.")
    bar.tell("Two.")
    bar.tell("Two.")
    bar.dismiss()
    assert bar.sentence.text() == "One."


def test_the_device_is_told_once_an_engine_is_up(window):
    assert "starting" in window.header.device.whole()
    window.session.desk.start()
    assert window.header.device.whole() == "CPU · 8 GB"
    window.session.desk.lost.emit("No engine.", "Install torch.")
    assert window.header.device.whole() == "No engine"
    assert window.notices.isVisible()


def test_closing_without_jobs_closes_at_once(window):
    assert window.close()


def test_closing_while_jobs_run_asks_and_stopping_is_the_default(window, qtbot):
    actions.submit_plan(window.session, SPEC, plan(SPEC))
    assert not window.close()
    box = window.findChild(QMessageBox, "close_question")
    assert box.defaultButton().text() == "Stop and close"
    box.reject()
    assert window.isVisible()
    box.close()
    window.close()
    window.findChildren(QMessageBox, "close_question")[-1].defaultButton().click()
    qtbot.waitUntil(lambda: not window.isVisible())


def test_the_window_is_as_it_was_left(window, qtbot, session, settings, theme):
    window.pages.show_page("results")
    window.pages.tear_off("embedding")
    window.findChild(object, "dock_experiment").hide()
    window.close()
    again = MainWindow(session, theme, settings, fake_makers)
    qtbot.addWidget(again)
    with qtbot.waitSignal(again.pages_ready):
        again.show()
    assert again.pages.current() == "results"
    assert again.pages.docks["embedding"].isFloating()
    assert again.findChild(object, "dock_experiment").isHidden()


def test_another_workspace_is_opened_and_remembered(window, tmp_path):
    window.commands.open_workspace(tmp_path / "second")
    assert window.session.workspace.path.name == "second"
    assert window.windowTitle() == "second – CoUn"
    assert [path.name for path in window.recent_workspaces()] == ["second", "workspace"]


def test_a_folder_that_is_no_workspace_is_refused_with_a_sentence(window, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").touch()
    window.commands.open_workspace(tmp_path / "full")
    assert window.session.workspace.path.name == "workspace"
    assert "holds other files" in window.notices.sentence.text()


def test_the_workspace_is_not_changed_under_running_jobs(window, tmp_path):
    actions.submit_plan(window.session, SPEC, plan(SPEC))
    window.commands.open_workspace(tmp_path / "second")
    assert window.session.workspace.path.name == "workspace"


def test_an_experiment_file_fills_the_form_and_a_bad_one_is_told(window, tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('seeds = [7]\n[[methods]]\nname = "salun"\n')
    bad.write_text("seeds = [7")
    window.commands.open_experiment(good)
    assert window.setup.spec().seeds == (7,)
    window.commands.open_experiment(bad)
    assert "not valid TOML" in window.notices.sentence.text()
    assert window.setup.spec().seeds == (7,)


def test_export_presses_the_button_of_the_page_in_front(window):
    window.pages.show_page("results")
    window.commands.action("export").trigger()
    assert [window.page(name).exported for name in ("metrics", "embedding", "results")] == [0, 0, 1]


def test_a_lost_engine_keeps_start_off_until_another_is_up(window):
    window.session.desk.lost.emit("No engine can be had.", "Install torch.")
    assert window.commands.action("start").toolTip() == "No engine can be had. Install torch."
    window.commands.action("restart_engine").trigger()
    assert window.commands.action("start").isEnabled()


def test_drawing_a_map_without_a_finished_run_is_explained(window):
    window.commands.draw_map()
    assert "nothing to draw" in window.notices.sentence.text()


def test_every_control_has_a_name_for_a_screen_reader(window):
    window.session.set_capabilities(CAPABILITIES)
    for kind in (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView):
        for widget in window.findChildren(kind):
            if widget.isVisible() and not widget.objectName().startswith("qt_"):
                text = widget.text() if isinstance(widget, QAbstractButton) else ""
                named = widget.accessibleName() or text or isinstance(widget.parent(), kind)
                assert named, (type(widget), widget.objectName(), widget.parent())


@pytest.mark.parametrize("size", [(880, 560), (1280, 800), (1920, 1080)])
def test_start_and_the_jobs_are_in_view_at_every_size(window, qtbot, size):
    window.resize(*size)
    qtbot.waitUntil(lambda: window.width() == size[0])
    for widget in (window.setup.footer.button, window.jobs, window.header.theme):
        corner = widget.mapTo(window, widget.rect().bottomRight())
        assert window.rect().contains(corner), widget
