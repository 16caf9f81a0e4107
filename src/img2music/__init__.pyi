from .affect import Affect, Scale
from .analysis import CurvePoint, Features, TrackAnalysis
from .app.analysis import AnalysisReport, FileAnalysis, analyze, explain
from .app.library import Library
from .app.scoring import Scored
from .app.slideshow import Slideshow
from .app.spotting import Spotted
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
from .library.exchange import LibraryImport
from .library.importing import ImportReport
from .library.lyrics import FetchReport, KnownLyrics
from .library.scanning import ScanReport
from .library.store import LibraryInfo
from .library.tagging import TagReport
from .library.upkeep import Verification
from .matching.passages import Passage
from .matching.query import Query, QueryKind
from .matching.recommendation import Match, Recommendation, Recommendations
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
from .soundtrack.cue_sheet import Cue, CueSheet
from .track import Location, Track, TrackKind
from .vision.explain import Explanation
from .vision.model import ImageAnalysis

__version__: str
__all__ = [
    "Affect",
    "AnalysisReport",
    "Cancelled",
    "Captions",
    "Cue",
    "CueCount",
    "CueSheet",
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
    "KnownLyrics",
    "Library",
    "LibraryError",
    "LibraryImport",
    "LibraryInfo",
    "Location",
    "Match",
    "MatchMode",
    "MissingExtraError",
    "ModelError",
    "OriginalSound",
    "Passage",
    "PhotoOrder",
    "Progress",
    "Query",
    "QueryKind",
    "RecommendOptions",
    "Recommendation",
    "Recommendations",
    "Scale",
    "ScanOptions",
    "ScanReport",
    "ScoreOptions",
    "Scored",
    "Slideshow",
    "SlideshowOptions",
    "SourceError",
    "SpotOptions",
    "Spotted",
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
