from .affect import Affect, Scale
from .analysis import CurvePoint, Features, TrackAnalysis
from .app.analysis import AnalysisReport, FileAnalysis, analyze, explain
from .app.library import Library
from .errors import (
    Cancelled,
    Img2MusicError,
    InputError,
    LibraryError,
    MissingExtraError,
    ModelError,
    SourceError,
    UsageError,
)
from .filters import TrackFilter
from .library.importing import ImportReport
from .library.lyrics import FetchReport
from .library.scanning import ScanReport
from .library.tagging import TagReport
from .library.upkeep import LibraryInfo, Verification
from .options import (
    Captions,
    CueCount,
    FilmShape,
    MatchMode,
    OriginalSound,
    PhotoOrder,
    RecommendOptions,
    ScanOptions,
    ScoreOptions,
    SlideshowOptions,
    SpotOptions,
    TagOptions,
)
from .progress import Progress, Step
from .track import Track, TrackKind
from .vision.explain import Explanation
from .vision.model import ImageAnalysis

__version__: str
__all__ = [
    "Affect",
    "AnalysisReport",
    "Cancelled",
    "Captions",
    "CueCount",
    "CurvePoint",
    "Explanation",
    "Features",
    "FetchReport",
    "FileAnalysis",
    "FilmShape",
    "ImageAnalysis",
    "Img2MusicError",
    "ImportReport",
    "InputError",
    "Library",
    "LibraryError",
    "LibraryInfo",
    "MatchMode",
    "MissingExtraError",
    "ModelError",
    "OriginalSound",
    "PhotoOrder",
    "Progress",
    "RecommendOptions",
    "Scale",
    "ScanOptions",
    "ScanReport",
    "ScoreOptions",
    "SlideshowOptions",
    "SourceError",
    "SpotOptions",
    "Step",
    "TagOptions",
    "TagReport",
    "Track",
    "TrackAnalysis",
    "TrackFilter",
    "TrackKind",
    "UsageError",
    "Verification",
    "__version__",
    "analyze",
    "explain",
]
