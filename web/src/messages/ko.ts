import type { Match, Recommendation } from "../api";
import type { Messages } from "./en";

const KEYS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/** As `img2music.matching.explanations` says it in English, shorter. */
function reason({ position, track }: Match, asked: Recommendation | null): string {
  const { tempo, key, mode } = track.features;
  const [valence, arousal] = position.map((each, axis) => each - (asked?.position[axis] ?? each)) as [number, number];
  const differences = [
    Math.abs(arousal) >= 0.1 && (arousal > 0 ? "더 활기찬" : "더 차분한"),
    Math.abs(valence) >= 0.1 && (valence > 0 ? "더 밝은" : "더 어두운"),
  ];
  const facts = [
    Math.hypot(valence, arousal) < 0.2 ? "느낌이 닮은 노래" : `비슷하지만 ${differences.filter(Boolean).join(", ")} 노래`,
    tempo !== null && `${Math.round(tempo)} BPM`,
    key !== null && `${KEYS[key]} ${mode === 0 ? "단조" : "장조"}`,
  ];
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
    reading: (n) => `사진 ${n}장을 읽는 중…`,
    photos: "내 사진",
    show: (name) => `${name}에 어울리는 노래`,
    remove: (name) => `${name} 치우기`,
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
    remove: (title) => `${title} 이 목록에서 빼기`,
    never: (title) => `${title} 다시는 고르지 않기`,
    moreLike: (title) => `${title} 비슷한 노래 더 찾기`,
    removed: (title) => `${title}: 이 목록에서 뺐습니다.`,
    banned: (title) => `${title}: 다시는 고르지 않습니다.`,
    more: "노래 더 보기",
    reason,
  },

  save: {
    keep: "라이브러리에 저장",
    update: "이 재생목록 바꾸기",
    heading: "가져가기",
    name: "이름",
    format: "형식",
    download: "재생목록 내려받기",
  },

  playlists: {
    heading: "내 재생목록",
    none: "아직 없습니다.",
    hint: "사진이나 기분에 맞는 노래를 찾아 저장하면 여기에 모입니다.",
    find: "노래 찾기",
    count: (n) => `${n}곡`,
    length: (minutes) => (minutes < 60 ? `${minutes}분` : `${Math.floor(minutes / 60)}시간 ${minutes % 60}분`),
    back: "모든 재생목록",
    play: "재생",
    smooth: "부드럽게 정렬",
    smoothed: "이제 이웃한 노래끼리 느낌이 비슷합니다.",
    rename: "이름 바꾸기",
    name: "재생목록 이름",
    keep: "저장",
    cancel: "취소",
    delete: "삭제",
    deleted: (name) => `‘${name}’ 재생목록을 삭제했습니다.`,
    gone: "이 재생목록은 이제 없습니다.",
    empty: "아직 노래가 없습니다.",
    missing: "파일 없음",
    move: (title) => `‘${title}’ 옮기기: 끌거나 화살표 키를 쓰세요`,
    up: (title) => `‘${title}’ 위로`,
    down: (title) => `‘${title}’ 아래로`,
    moved: (title, place, of) => `‘${title}’: 이제 ${of}곡 중 ${place}번째입니다.`,
    remove: (title) => `‘${title}’ 빼기`,
    removed: (title) => `‘${title}’ 곡을 뺐습니다.`,
    saved: (name) => `‘${name}’ 재생목록을 라이브러리에 저장했습니다.`,
    updated: (name) => `‘${name}’ 재생목록을 이 노래들로 바꿨습니다.`,
    collect: (title) => `‘${title}’ 재생목록에 추가`,
    collectHeading: "재생목록에 추가",
    create: "새 재생목록",
    add: "추가",
    added: (title, name) => `‘${title}’ 곡을 ‘${name}’에 넣었습니다.`,
    there: (title, name) => `‘${title}’ 곡은 이미 ‘${name}’에 있습니다.`,
    elsewhere: (name) => `그사이 다른 곳에서 ‘${name}’ 재생목록이 바뀌었습니다. 지금 상태를 보여 드리며, 방금 바꾼 내용은 저장되지 않았습니다.`,
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
    fits: (what) => `${what}: 사진에 어울림`,
    unfit: (what) => `${what}: 사진에 어울리지 않음`,
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
    hint: "이 라이브러리는 로그인해야 볼 수 있습니다.",
    password: "비밀번호",
    go: "로그인",
    wrong: "비밀번호가 다릅니다.",
    or: "또는",
    provider: "내 계정으로 로그인",
    refused: {
      state: "시간이 너무 지났거나 다른 곳에서 시작되었습니다. 다시 시도하세요.",
      person: "들어올 수 없는 계정입니다. 서버 운영자에게 문의하세요.",
      refused: "계정 제공자가 로그인을 허용하지 않았습니다.",
      provider: "계정 제공자에 연결할 수 없습니다. 나중에 다시 시도하세요.",
    },
  },
};
