from tests.market.conftest import make_bars, us_tech  # noqa: F401 - fixtures
