"""What Kedro-Viz recognises a preview by: the name of a method's return type.

kedro-datasets keeps these types in a private module and offers no other way to them.
"""

from kedro_datasets._typing import JSONPreview, TablePreview

__all__ = ["JSONPreview", "TablePreview"]
