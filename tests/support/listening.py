"""What a page of the film's player sounds like in a real browser, and when that is heard and seen."""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page
from scipy.signal import correlate

RATE = 48_000
LOOKED = 0.5
"""Seconds before and after the time of a picture in which its sound is looked for."""

LISTEN = """
(() => {
  const heard = window.heard = {blocks: [], pictures: [], stamps: []};
  const connect = AudioNode.prototype.connect;
  const code = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process([[left, right]]) {
      if (left) this.port.postMessage([currentTime, left.map((each, i) => (each + (right ?? left)[i]) / 2)]);
      return true;
    }
  })`;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode && !this.tapped) {
      this.tapped = true;
      const context = this.context;
      context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], {type: "text/javascript"}))).then(() => {
        const tap = new AudioWorkletNode(context, "tap");
        tap.port.onmessage = ({data}) => heard.blocks.push(data);
        connect.call(this, tap);
      });
      setInterval(() => {
        const {contextTime, performanceTime} = context.getOutputTimestamp();
        heard.stamps.push(performanceTime / 1000 - contextTime);
      }, 100);
    }
    return connect.call(this, to, ...rest);
  };
  const look = () => {
    const video = document.querySelector("video");
    if (!video) return void setTimeout(look, 50);
    const each = (_, {mediaTime, expectedDisplayTime}) => {
      heard.pictures.push([expectedDisplayTime / 1000, mediaTime]);
      video.requestVideoFrameCallback(each);
    };
    video.requestVideoFrameCallback(each);
  };
  document.addEventListener("DOMContentLoaded", look);
})();
"""
"""Keeps what sounds, with when it does by the sound's clock, and when which picture is shown."""
TAKE = """() => {
  const {blocks, pictures, stamps} = window.heard;
  const place = time => Math.round((time - blocks[0][0]) * 48000);
  const sound = new Float32Array(place(blocks.at(-1)[0]) + 128);
  for (const [time, samples] of blocks) sound.set(samples, place(time));
  const bytes = new Uint8Array(sound.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  Object.assign(window.heard, {blocks: [], pictures: []});
  return {start: blocks[0][0], sound: btoa(text), pictures, stamps};
}"""


@dataclass(frozen=True)
class Listened:
    """What was heard since it was asked for last, shape (n,), the mean of left and right; and what was seen."""

    start: float  # seconds of the clock of `pictures` at which the sound begins
    sound: NDArray[np.float64]
    pictures: NDArray[np.float64]  # shape (m, 2): when each was shown, and its time in the film

    def seen(self, place: int) -> float | None:
        """The film's time that was seen while a sample was heard; None where no picture was."""
        moment = self.start + place / RATE
        if not self.pictures[1, 0] < moment < self.pictures[-1, 0] - 1.0:
            return None
        return float(np.interp(moment, *self.pictures.T))


def listened(page: Page) -> Listened:
    """Take what was heard on a page that `LISTEN` was added to."""
    found = page.evaluate(TAKE)
    sound = np.frombuffer(base64.b64decode(found["sound"]), dtype=np.float32).astype(np.float64)
    return Listened(found["start"] + float(np.median(found["stamps"])), sound, np.array(found["pictures"]))


@dataclass(frozen=True)
class Window:
    """A second of what was heard, and where it is in what is rendered."""

    late: float  # seconds by which the sound was after the picture
    place: int  # sample of the whole at which it begins
    heard: NDArray[np.float64]


def windows(found: Listened, whole: NDArray[np.float64]) -> list[Window]:
    """Find what was heard in what is rendered, second by second; but for silence."""
    parts = []
    for begin in range(0, len(found.sound) - RATE, RATE // 2):
        part, seen = found.sound[begin : begin + RATE], found.seen(begin)
        if seen is None or (np.abs(part) < 1e-5).mean() > 0.2:
            continue
        first = max(0, round((seen - LOOKED) * RATE))
        near = whole[first : first + RATE + round(2 * LOOKED * RATE)]
        if len(near) < RATE:
            continue
        at = first + int(np.argmax(correlate(near, part, mode="valid", method="fft")))
        parts.append(Window(seen - at / RATE, at, part))
    return parts
