"""Small made-up texts with ratings."""

import numpy as np

from img2music.research.text.rated_texts import RatedTexts

GOOD = ["happy", "joyful", "lovely", "wonderful", "sunny", "sweet"]
BAD = ["dead", "awful", "hateful", "rotten", "cruel", "horrible"]


def sentence(word, number):
    return f"It was a {word} day number {number} for all of us."


def rated_texts(count=48):
    """Pleasant sentences rated 0.8 and unpleasant ones rated 0.2; arousal is 0.5."""
    words = [(GOOD, BAD)[number % 2][number // 2 % 6] for number in range(count)]
    texts = tuple(sentence(word, number) for number, word in enumerate(words))
    ratings = np.array([[0.8 if word in GOOD else 0.2, 0.5] for word in words])
    return RatedTexts(texts, ratings, tuple(f"document {number // 4}" for number in range(count)))


def emobank_csv(path, rows=60):
    splits = ["train", "dev", "test"]
    lines = ["id,split,V,A,D,text"]
    for number in range(rows):
        word, valence = [(GOOD[number % 6], 4.2), (BAD[number % 6], 1.8)][number % 2]
        split = splits[number // 2 % 3]
        name, arousal = f"doc{number // 4}_{number}_{number + 9}", 3 + number % 5 / 10
        lines.append(f'{name},{split},{valence},{arousal},3,"{sentence(word, number)}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
