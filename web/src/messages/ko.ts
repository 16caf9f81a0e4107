import type { Match, Recommendation, Side } from "../api";
import type { Messages } from "./en";

const KEYS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/** Of a song, joined to another; of a song; and how it is beside others. */
const SIDES: Record<Side, [string, string, string]> = {
  lively: ["활기차고", "활기찬", "더 활기참"],
  calm: ["차분하고", "차분한", "더 차분함"],
  pleasant: ["밝고", "밝은", "더 밝음"],
  sombre: ["어둡고", "어두운", "더 어두움"],
};
const ASKED = { image: "사진처럼", song: "그 노래처럼", point: "찾는 느낌처럼" };

/** What `img2music.matching.explanations` found, said in Korean. */
function reason({ explanation, track }: Match, asked: Recommendation | null): string {
  const { tempo, key, mode } = track.features;
  const facts: (string | false)[] = [];
  if (explanation) {
    const { likeness, filtered, shared, differs, standing, liked } = explanation;
    const how = shared.map((side, index) => SIDES[side][index < shared.length - 1 ? 0 : 1]).join(" ");
    const further = differs.map((side) => SIDES[side][2]).join(", ");
    if (likeness === "alike") facts.push(`${ASKED[asked?.query.kind ?? "point"]} ${how || "느껴지는"} 노래`);
    else if (likeness === "nearest") facts.push(`${filtered ? "필터에 남은" : "라이브러리의"} 노래 중 가장 가깝지만 ${further}`);
    else facts.push(`조금 멀어서 ${further}`);
    if (standing) {
      facts.push(standing.side ? `라이브러리의 ${standing.percent}%보다 ${SIDES[standing.side][2]}` : "라이브러리의 가운데쯤");
    }
    facts.push(liked && "좋아하는 노래");
  }
  facts.push(tempo !== null && `${Math.round(tempo)} BPM`);
  facts.push(key !== null && `${KEYS[key]} ${mode === 0 ? "단조" : "장조"}`);
  return facts.filter(Boolean).join(" · ");
}

export const ko: Messages = {
  words: {
    pleasant: "기분 좋은",
    happy: "행복한",
    excited: "신나는",
    exhilarated: "들뜬",
    intense: "강렬한",
    tense: "긴장된",
    distressed: "괴로운",
    upset: "속상한",
    unpleasant: "불쾌한",
    sad: "슬픈",
    gloomy: "우울한",
    weary: "지친",
    drowsy: "나른한",
    peaceful: "평화로운",
    serene: "고요한",
    content: "흐뭇한",
    neutral: "담담한",
  },
  views: { label: "화면", find: "찾기", map: "지도", playlists: "재생목록", library: "라이브러리" },
  skip: "노래 목록으로 건너뛰기",
  language: "언어",
  theme: { label: "색상", auto: "자동", light: "밝게", dark: "어둡게" },
  dismiss: "닫기",
  close: "닫기",
  undo: "되돌리기",
  offline: "서버에 연결할 수 없습니다. img2music serve가 실행 중인지 확인하세요.",
  retry: "다시 시도",

  ask: {
    heading: "어떤 느낌인가요?",
    title: "사진을 넣어 보세요.",
    hint: "그 느낌과 닮은 내 노래를 찾아 드립니다.",
    choose: "사진 고르기",
    more: "사진 추가",
    mood: "또는 기분을 고르세요",
    show: (name) => `${name}에 어울리는 노래`,
    remove: (name) => `${name} 치우기`,
  },

  drop: {
    photos: "사진",
    folder: "폴더",
    song: "노래",
    given: "넣은 것",
    together: (n) => `${n}장 모두를 위한 재생목록 하나`,
    plays: (name) => `${name}에 어울리는 노래:`,
    progress: (done, total) => (total === 1 ? "읽는 중…" : `${total}개 중 ${done}개 읽음`),
    stop: "멈추기",
    failed: (n) => `파일 ${n}개를 쓸 수 없습니다`,
    noPictures: "이 폴더에는 사진이 없습니다.",
    leftOut: (n) => `이 폴더의 노래와 표지 ${n}개는 제외했습니다.`,
    tooMany: (taken, all) => `${all}개 중 처음 ${taken}개만 넣었습니다. 한 번에 더는 넣을 수 없습니다.`,
    notKept: "저장하지 못했습니다. 서버에 연결할 수 없습니다.",
    later: "서버에 다시 연결되면 노래가 나타납니다.",
    word: "또는 낱말로 말해 보세요",
    example: "몽환적인",
    go: "찾기",
    unknown: (word) => `‘${word}’: 모르는 느낌입니다.`,
    perhaps: "혹시 이 말인가요?",
    pick: "위의 기분에서 고르거나 다른 말을 써 보세요.",
  },

  emotions: {
    화난: "angry",
    분노: "anger",
    사나운: "aggressive",
    역겨운: "disgusted",
    두려운: "afraid",
    무서운: "scared",
    기쁜: "joyful",
    기쁨: "joy",
    즐거운: "cheerful",
    명랑한: "merry",
    장난스러운: "playful",
    놀란: "surprised",
    슬픔: "sadness",
    서러운: "sorrowful",
    서글픈: "sorrowful",
    쓸쓸한: "melancholic",
    외로운: "melancholic",
    비참한: "miserable",
    반가운: "glad",
    환한: "bright",
    짜릿한: "thrilled",
    열정적인: "energetic",
    활기찬: "lively",
    웅장한: "epic",
    극적인: "dramatic",
    불안한: "anxious",
    초조한: "restless",
    답답한: "frustrated",
    짜증나는: "annoyed",
    침울한: "sombre",
    멜랑콜리한: "melancholy",
    어두운: "dark",
    지루한: "bored",
    피곤한: "tired",
    졸린: "sleepy",
    차분한: "calm",
    서늘한: "calm",
    잔잔한: "tranquil",
    조용한: "quiet",
    부드러운: "gentle",
    포근한: "soothing",
    따뜻한: "tender",
    몽환적인: "dreamy",
    그리운: "nostalgic",
    아련한: "nostalgic",
    편안한: "relaxed",
    느긋한: "mellow",
    만족스러운: "satisfied",
    다정한: "tender",
    낭만적인: "romantic",
    설레는: "exciting",
  },

  problems: {
    "no-picture": "사진으로 읽을 수 없는 파일입니다.",
    "no-song": "노래로 읽을 수 없는 파일입니다.",
    "too-large": "너무 커서 보낼 수 없습니다.",
    gone: "서버에 더 이상 없습니다. 다시 넣어 주세요.",
    "unknown-word": "모르는 느낌입니다.",
    "nothing-left": "조건에 맞는 노래가 없습니다.",
    empty: "라이브러리에 아직 노래가 없습니다.",
  },

  filters: {
    heading: "필터",
    active: "사용 중인 필터",
    remove: (what) => `필터 빼기: ${what}`,
    clear: "모두 지우기",
    nothing: "이 필터에 맞는 노래가 없습니다.",
    genre: "장르",
    not_genre: "이 장르는 빼기",
    year: "연도",
    duration: "길이(분)",
    tempo: "빠르기(BPM)",
    voice: "목소리",
    key: "조성",
    major: "장조",
    minor: "단조",
    perArtist: "같은 음악가의 노래",
    perAlbum: "같은 앨범의 노래",
    add: "고르세요…",
    none: "장르가 있는 노래가 없음",
    any: "제한 없음",
    usual: "조금만",
    instrumental: "연주만",
    sung: "노래 있음",
    from: "부터",
    to: "까지",
    range: (from, to) => (from === to ? from : from && to ? `${from}~${to}` : from ? `${from}부터` : `${to}까지`),
    chip: {
      genre: (what) => what,
      not_genre: (what) => `${what} 빼기`,
      artist: (what) => what,
      not_artist: (what) => `${what} 빼기`,
      folder: (what) => `${what} 폴더`,
      not_folder: (what) => `${what} 폴더 빼기`,
      year: (what) => `${what} (연도)`,
      duration: (what) => `${what} (분)`,
      tempo: (what) => `${what} BPM`,
      key: (what) => what,
      per_artist: (what) => `같은 음악가: ${what}`,
      per_album: (what) => `같은 앨범: ${what}`,
    },
  },

  empty: {
    title: "라이브러리에 아직 노래가 없습니다.",
    hint: "img2music이 음악을 한 번 들어 보게 하세요:",
    command: "img2music scan ~/Music",
    reload: "완료했어요, 다시 확인",
  },

  plane: {
    heading: "느낌의 위치",
    hint: "느끼는 곳을 누르거나 점을 끌면 목록이 따라옵니다.",
    hintEmpty: "또는 원하는 느낌의 점을 누르세요.",
    axes: { lively: "활기찬", calm: "차분한", sombre: "어두운", pleasant: "기분 좋은" },
    livelier: "더 활기찬",
    calmer: "더 차분한",
    sombre: "더 어두운",
    pleasant: "더 기분 좋은",
    point: "평면 위의 점",
    pointHelp: "화살표 키로 옮기세요.",
    where: (valence, arousal) => `기분 좋음 ${valence}%, 활기 ${arousal}%`,
    ellipse: "타원은 읽은 느낌이 얼마나 확실한지 보여 줍니다.",
    song: (rank, title) => `${rank}. ${title}`,
  },

  correct: {
    heading: "나에게는 …",
    save: "이렇게 기억하기",
    reset: "되돌려 놓기",
    saved: "기억했습니다. 다음 목록은 더 잘 맞을 거예요.",
  },

  list: {
    heading: "같은 느낌의 노래",
    like: (what) => `${what}: 같은 느낌의 노래`,
    word: (word) => `${word} 노래`,
    none: "보여 줄 노래가 없습니다.",
    count: (n, first) => `노래 ${n}곡, 첫 곡은 ${first}`,
    waiting: "노래를 찾는 중…",
    play: (title) => `${title} 어울리는 부분 재생`,
    pause: (title) => `${title} 일시 정지`,
    unplayable: (title) => `${title}: 재생할 파일이 없습니다`,
    passage: (from, to) => `${from}부터 ${to}까지`,
    similarity: (percent) => `${percent}% 닮음`,
    untitled: "제목 없음",
    unknown: "알 수 없는 음악가",
    likeThis: (title) => `${title} 좋아요`,
    unlike: (title) => `${title} 좋아요 취소`,
    lock: (title) => `${title} 자리 고정`,
    unlock: (title) => `${title} 자리 고정 풀기`,
    remove: "이 목록에서 빼기",
    never: "다시는 고르지 않기",
    moreLike: "비슷한 노래 더 찾기",
    together: (n) => `사진 ${n}장을 위한 재생목록`,
    swap: (title) => `${title} 대신 다른 노래`,
    swapped: (title, other) => `${title} 대신 ${other}을(를) 넣었습니다.`,
    noOther: (title) => `${title} 대신 넣을 다른 노래가 없습니다.`,
    menu: (title) => `${title} 더 보기`,
    fits: "이 사진에 어울림",
    unfit: "이 사진에 안 어울림",
    saidFits: (title) => `${title}: 이 사진에는 더 먼저 나옵니다.`,
    saidUnfit: (title) => `${title}: 이 사진에는 더 이상 나오지 않습니다.`,
    notArtist: (artist) => `${artist}의 노래 빼기`,
    notFolder: (folder) => `${folder} 폴더의 노래 빼기`,
    removed: (title) => `${title}: 이 목록에서 뺐습니다.`,
    banned: (title) => `${title}: 다시는 고르지 않습니다.`,
    more: "노래 더 보기",
    reason,
  },

  save: {
    heading: "가져가기",
    name: "이름",
    format: "형식",
    download: "재생 목록 내려받기",
  },

  player: {
    label: "플레이어",
    play: "재생",
    pause: "일시 정지",
    previous: "이전 노래",
    next: "다음 노래",
    seek: "노래 안의 위치",
    at: (time, length) => `${length} 중 ${time}`,
    failed: (title) => `${title}: 재생할 수 없습니다.`,
  },

  said: {
    heading: "내가 말한 것",
    none: "아직 없습니다. 노래에 좋아요를 누르거나, 빼거나, 사진의 점을 옮겨 보세요.",
    like: (what) => `${what} 좋아함`,
    never: (what) => `${what} 다시는 고르지 않음`,
    affect: (what, word) => `나에게 ${what}: ${word} 느낌`,
    fits: (what, photo) => `${what}: ${photo}에 어울림`,
    unfit: (what, photo) => `${what}: ${photo}에 어울리지 않음`,
    photo: "사진",
    undo: (what) => `되돌리기: ${what}`,
  },

  keys: {
    heading: "단축키",
    open: "단축키",
    use: "한 글자 단축키 쓰기",
    rows: [
      ["Space, K", "재생 또는 일시 정지"],
      ["J, ←", "5초 뒤로"],
      ["L, →", "5초 앞으로"],
      ["↑, ↓", "이전 또는 다음 노래"],
      ["?", "이 목록"],
    ],
  },

  login: {
    heading: "로그인",
    hint: "이 라이브러리는 비밀번호로 보호됩니다.",
    password: "비밀번호",
    go: "로그인",
    wrong: "비밀번호가 다릅니다.",
  },
};
