"""The tools behind bin/tour: what it looks at must be seen."""

from pathlib import Path

import pytest

from tools.tour.checks import Differs, expect, expect_that
from tools.tour.phone import Phone
from tools.tour.photo import secrets_in, take_photo
from tools.tour.push_log import PushLog
from tools.tour.screen import Screen, width_of


class TestPhoto:
    def test_begins_with_everything_a_camera_tells(self) -> None:
        assert secrets_in(take_photo(13.75, 100.5)) == ["place", "EXIF", "camera"]


class TestScreen:
    def test_counts_thai_columns_as_a_terminal_does(self) -> None:
        assert width_of("ที่นี่") == 2
        assert width_of("Malee") == 5


class TestChecks:
    def test_says_what_was_expected_and_what_is(self) -> None:
        with pytest.raises(Differs) as caught:
            expect("kilograms", 10, 11)

        assert (caught.value.what, caught.value.expected, caught.value.actual) == ("kilograms", 11, 10)

    def test_is_silent_where_all_is_well(self) -> None:
        expect("kilograms", 11, 11)
        expect_that("kilograms", True, expected="some", actual=11)


class TestPushLog:
    def test_finds_the_pushes_of_one_phone_since_it_began_to_look(self, tmp_path: Path) -> None:
        file = tmp_path / "worker.log"
        malee = Phone(Screen(), "http://127.0.0.1", name="Malee", locale="th", colour="green")
        box = f"╭─ push 7 · chat · android {malee.push_token[:8]}…{malee.push_token[-4:]} ──\n│ New message\n╰──\n"
        file.write_text(box)
        log = PushLog(file)

        file.write_text(
            box + "something else\n" + box.replace("New", "Newer") + box.replace(malee.push_token[:8], "12345678")
        )

        assert log.blocks_of(malee) == [["Newer message"]]

    def test_knows_when_it_cannot_know(self, tmp_path: Path) -> None:
        assert PushLog(tmp_path / "nothing.log").path is None
