"""Changes the future, the start of history and the unit of prices, and checks what moves; knows no Kedro."""
