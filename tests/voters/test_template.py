"""Does the workbook to fill in say what the import understands?"""

import datetime
import io

import openpyxl
import pytest

from accounts.models import Role
from locations.models import Kind
from tests import factories
from voters import columns, template


@pytest.fixture
def book():
    return openpyxl.load_workbook(io.BytesIO(template.workbook()))


def rows_of(sheet):
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


def test_the_first_sheet_has_the_columns_of_the_import_and_nothing_else(book):
    assert rows_of(book[template.SHEET]) == [list(columns.HEADERS)]
    assert book.sheetnames[0] == template.SHEET


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_of_location_has_an_example_that_the_import_takes(book, kind):
    header, row = rows_of(book[template.title_of(kind)])

    parsed = columns.parse_row(
        dict(zip(header, row, strict=True)), today=datetime.date(2024, 1, 1), synthetic=True, location_code="36.03-001"
    )

    assert not isinstance(parsed, list), parsed
    assert not parsed.warnings


def test_what_excel_offers_is_what_the_import_takes(book):
    offered = {str(rule.sqref): rule.formula1 for rule in book[template.SHEET].data_validations.dataValidation}

    assert len(offered) == len(template.CHOICES) + len(template.DIGITS) + len(template.DATES)
    for header, choices in template.CHOICES.items():
        for choice in choices:
            row = {**template.example(Kind.PRISON), header: choice}
            parsed = columns.parse_row(row, today=datetime.date(2024, 1, 1), synthetic=True, location_code="A")
            assert not isinstance(parsed, list), (header, choice)


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status"), [(Role.OPERATOR, 200), (Role.AUDITOR, 403)])
def test_whoever_enters_voters_downloads_it(client, role, status):
    client.force_login(factories.user(role, "36"))

    assert client.get("/pemilih/unggah/templat.xlsx").status_code == status
