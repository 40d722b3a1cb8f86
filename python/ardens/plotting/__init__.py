"""Pictures of binary images, of training and of tables, as Matplotlib figures the caller saves.

Figures are made without `pyplot`, so that no window, backend or global state is touched.
Matplotlib is imported on the first call.
"""

from .comparison import ComparisonDisplay
from .curves import learning_curve
from .images import image_grid
from .surprise import SurpriseDisplay

__all__ = ["ComparisonDisplay", "SurpriseDisplay", "image_grid", "learning_curve"]
