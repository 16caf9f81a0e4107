"""Command lines that make no sense or ask for what is not there, and what must be said."""

POINT = "recommend --valence 0.5 --arousal 0.5 --library {library}"

USAGE = {
    # no such thing
    "": r"usage",  # help on stdout or stderr
    "dance": r"no such command|dance",
    "analyze": r"missing argument|usage",
    "analyze --colour photo.jpg": r"no such option.*--colour",
    "analyze nowhere.jpg": r"nowhere\.jpg.*(no such file|does not exist)",
    "analyze empty_folder": r"empty_folder",
    "scan": r"missing argument|usage",
    "scan nowhere --library {library}": r"nowhere.*(no such|does not exist|there is no)",
    "scan photo.jpg --library {library} --jobs 0": r"jobs|0",
    "scan music --library {library} --jobs -3": r"jobs|-3",
    "scan music --library {library} --jobs many": r"jobs.*many",
    # queries
    "recommend --library {library}": r"picture|photo|--valence",
    "recommend nowhere.jpg --library {library}": r"nowhere\.jpg.*(no such file|does not exist)",
    "recommend empty_folder --library {library}": r"empty_folder",
    "recommend --valence 2 --arousal 0.5 --library {library}": r"valence.*(0 to 1|between 0 and 1|\[0, 1\]|0<=x<=1)",
    "recommend --valence nan --arousal 0.5 --library {library}": r"valence|nan",
    "recommend --valence 0.5 --arousal=-inf --library {library}": r"arousal|inf",
    "recommend --valence much --arousal 0.5 --library {library}": r"valence.*much",
    "recommend --valence 0.5 --library {library}": r"arousal",
    "recommend --arousal 0.5 --library {library}": r"valence",
    "recommend --emotion hangry --library {library}": r"hangry.*sadness",
    "recommend --emotion sadness --valence 0.5 --arousal 0.5 --library {library}": r"emotion",
    f"{POINT} --top 0": r"(top|songs).*0",
    f"{POINT} --top -5": r"(top|songs).*-5",
    f"{POINT} --top many": r"top.*many",
    f"{POINT} --per-artist -1": r"(per-artist|artist).*-1",
    f"{POINT} --match closest": r"match.*closest",
    f"{POINT} --format mp3": r"format.*mp3",
    "recommend photo.jpg --library nowhere.db": r"nowhere\.db.*img2music scan",
    "recommend photo.jpg --music nowhere": r"nowhere.*(no such|does not exist|there is no)",
    "recommend photo.jpg --music empty_folder": r"empty_folder|no songs",
    "recommend photo.jpg --music music --library {library}": r"--music.*--library|--library.*--music|",
    # filters
    f"{POINT} --year soon": r"year.*soon|soon",
    f"{POINT} --year 1990-1980": r"1990-1980|1990.*1980",
    f"{POINT} --tempo fast": r"fast",
    f"{POINT} --tempo 1-2-3": r"1-2-3",
    f"{POINT} --tempo=-5": r"tempo|-5|filters",
    f"{POINT} --key H": r"key.*H|'H'|H",
    f"{POINT} --genre polka": r"filter",
    f"{POINT} --artist nobody --year 1900": r"filter",
    "tracks --library nowhere.db": r"nowhere\.db.*img2music scan",
    "tracks --library {library} --key 13": r"13",
    # where results go
    f"{POINT} --output nowhere/list.json": r"nowhere.*(no such|does not exist|folder)",
    f"{POINT} --output empty_folder": r"empty_folder.*(folder|directory)",
    f"{POINT} --output forbidden/list.json": r"forbidden.*(permission|can't)",
    f"{POINT} --plot plot.docx": r"plot\.docx.*(png|svg)",
    f"{POINT} --plot plot": r"plot.*(png|svg)",
    f"{POINT} --plot nowhere/plot.png": r"nowhere.*(no such|does not exist|folder)",
    f"{POINT} --plot empty_folder.png": r"empty_folder\.png.*(folder|directory)",
    f"{POINT} --output {{library}}": r"library",
    # the library
    "library": r"usage",
    "library info --library nowhere.db": r"nowhere\.db",
    "library verify --library nowhere.db": r"nowhere\.db",
    "library prune --library nowhere.db": r"nowhere\.db",
    "library export out.jsonl --library nowhere.db": r"nowhere\.db",
    "library export nowhere/out.jsonl --library {library}": r"nowhere",
    "library export empty_folder --library {library}": r"empty_folder",
    "library export {library} --library {library}": r"library",
    "library import nowhere.jsonl --library {library}": r"nowhere\.jsonl",
    "library import empty_folder --library {library}": r"empty_folder",
    "library import photo.jpg --library {library}": r"photo\.jpg",
    # models and judgements
    "evaluate": r"usage",
    "evaluate match": r"images",
    "evaluate match --images nowhere.csv --tracks nowhere.csv": r"nowhere\.csv",
    "evaluate image": r"data",
    "evaluate image --data nowhere": r"nowhere",
    "evaluate image --data empty_folder": r"empty_folder",
    "evaluate image --data music --folds 1": r"folds|music",
    "train": r"usage",
    "train image": r"data",
    "train image --data nowhere --out model.onnx": r"nowhere",
    "train image --data empty_folder --out model.onnx": r"empty_folder",
}
"""Command lines, and what stderr must say (a regular expression, case and line breaks aside); all exit with 2."""

GOOD_ROW = "{photo},0.5,0.5\n"
RATED_CSVS = {
    "empty.csv": ("", r"empty"),
    "head_only.csv": ("path,valence,arousal\n", r"no (rows|ratings)|empty|at least"),
    "no_head.csv": ("{photo},0.5,0.5\n", r"column"),
    "column_missing.csv": ("path,valence\n{photo},0.5\n", r"arousal"),
    "semicolons.csv": ("path;valence;arousal\n{photo};0,5;0,5\n", r"column|semicolon|comma"),
    "not_a_number.csv": ("path,valence,arousal\n{photo},high,0.5\n", r"high|number"),
    "nan.csv": ("path,valence,arousal\n{photo},nan,0.5\n", r"nan|number|finite"),
    "out_of_scale.csv": ("path,valence,arousal\n{photo},0.5,0.5\n{photo},11,0.5\n", r"11|scale"),
    "blank.csv": ("path,valence,arousal\n{photo},,0.5\n", r"line 2|row|number|''|blank|missing"),
    "short_row.csv": ("path,valence,arousal\n{photo}\n", r"line 2|row|number|column|missing"),
    "one_row.csv": ("path,valence,arousal\n{photo},0.5,0.5\n", r"at least|one|few|two"),
    "binary.csv": ("\x00\x01\x02\ufffd" * 500, r"column|CSV|text|UTF-8"),
    "images_missing.csv": ("path,valence,arousal\ngone.jpg,0.2,0.5\nlost.jpg,0.7,0.5\n", r"gone\.jpg|no such file"),
}
"""Tables of rated images: their text and what must be said."""

GOOD_LINE = '{"schema": "img2music/library/1"}\n'
IMPORTS = {
    "empty.jsonl": "",
    "not_json.jsonl": "dear library\n",
    "list.jsonl": "[1, 2, 3]\n",
    "number.jsonl": "17\n",
    "deep.jsonl": "[" * 100_000,
    "wrong_fields.jsonl": '{"path": "/a.mp3", "colour": "red"}\n',
    "not_utf8.jsonl": "caf\udce9\n",
    "zeros.jsonl": "\0" * 5000,
    "big_number.jsonl": '{"path": ' + "9" * 5000 + "}\n",
}
"""Files that are no exported library."""
