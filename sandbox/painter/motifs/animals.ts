import { mix } from '../scenery/colour.ts'
import { both, dot, faint, shape, stroke } from './motif.ts'
import type { Light } from '../scenery/colour.ts'
import type { Motif } from './motif.ts'

/** The traits that tell one sitting animal from another. */
interface Animal {
  name: string
  words: readonly string[]
  coat: string
  belly: string
  ears: keyof typeof EARS
  tail: keyof typeof TAILS
  /** The marks of its face or coat, drawn over the head. */
  marks: keyof typeof MARKS
}

const ANIMALS: readonly Animal[] = [
  {
    name: 'cat',
    words: ['cat', 'kitten', 'kitty', 'siamese', 'tabby', '猫'],
    coat: '#e08a3c',
    belly: '#fbe6cb',
    ears: 'pointed',
    tail: 'curled',
    marks: 'stripes',
  },
  {
    name: 'fox',
    words: ['fox', 'wolf', '狐狸'],
    coat: '#d9572b',
    belly: '#fff1e0',
    ears: 'pointed',
    tail: 'bushy',
    marks: 'cheeks',
  },
  {
    name: 'dog',
    words: ['dog', 'puppy', 'corgi', 'labrador', 'retriever', 'shiba', '狗'],
    coat: '#c98b4e',
    belly: '#fff2dd',
    ears: 'floppy',
    tail: 'curled',
    marks: 'blaze',
  },
  {
    name: 'rabbit',
    words: ['rabbit', 'bunny', 'hare', '兔'],
    coat: '#cbb8ad',
    belly: '#fff7f0',
    ears: 'long',
    tail: 'puff',
    marks: 'none',
  },
  {
    name: 'bear',
    words: ['bear', 'teddy', '熊'],
    coat: '#8c5a3a',
    belly: '#dcb48a',
    ears: 'round',
    tail: 'puff',
    marks: 'none',
  },
  {
    name: 'panda',
    words: ['panda', '熊猫'],
    coat: '#fbf7f0',
    belly: '#ffffff',
    ears: 'dark',
    tail: 'puff',
    marks: 'panda',
  },
  {
    name: 'lion',
    words: ['lion', 'lioness', '狮'],
    coat: '#e3a847',
    belly: '#f7dfae',
    ears: 'round',
    tail: 'curled',
    marks: 'mane',
  },
  {
    name: 'raccoon',
    words: ['raccoon', 'racoon', 'badger', 'hamster', 'mouse', 'squirrel', '松鼠'],
    coat: '#8d8a92',
    belly: '#ece7e2',
    ears: 'round',
    tail: 'bushy',
    marks: 'mask',
  },
]

type Part = (coat: string, belly: string, ink: string) => string

const EARS = {
  pointed: (coat, belly) =>
    both(
      shape('M-50 -138C-54 -168 -50 -188 -44 -196C-30 -188 -14 -174 -8 -164Z', coat) +
        shape('M-42 -152C-44 -168 -42 -178 -40 -182C-32 -176 -24 -170 -20 -164Z', mix(belly, '#f08a80', 0.45)),
    ),
  floppy: (coat, _belly, ink) =>
    both(shape('M-30 -172C-62 -180 -76 -150 -70 -112C-52 -104 -42 -126 -38 -146Z', mix(coat, ink, 0.35))),
  long: (coat, belly) =>
    both(
      shape('M-34 -150C-58 -200 -50 -252 -32 -252C-12 -250 -6 -204 -6 -158Z', coat) +
        shape('M-30 -164C-44 -200 -40 -236 -31 -236C-21 -234 -16 -204 -17 -166Z', mix(belly, '#f4a09a', 0.55)),
    ),
  round: (coat, belly) => both(dot(-38, -166, 18, coat) + dot(-38, -165, 10, mix(belly, coat, 0.35))),
  dark: () => both(dot(-38, -166, 19, '#2b2a33')),
} satisfies Record<string, Part>

const TAILS = {
  curled: (coat, _belly, ink) => stroke('M40 -12C92 -4 104 -48 84 -74C76 -86 62 -82 64 -70', mix(coat, ink, 0.12), 17),
  bushy: (coat, belly) =>
    shape('M30 -2C92 8 128 -40 104 -104C98 -118 88 -112 86 -102C84 -62 60 -50 34 -40Z', mix(coat, '#5a2a1a', 0.12)) +
    shape(
      'M104 -104C98 -118 88 -112 86 -102C85 -88 82 -78 76 -70C90 -70 104 -78 108 -88C107 -94 106 -99 104 -104Z',
      belly,
    ),
  puff: (_coat, belly) => dot(50, -20, 17, belly),
} satisfies Record<string, Part>

const MARKS = {
  none: () => '',
  stripes: (coat, _belly, ink) => {
    const line = mix(coat, ink, 0.4)
    return (
      stroke('M0 -172v16M-13 -170l3 13M13 -170l-3 13', line, 4.5) +
      both(stroke('M-49 -60q9 3 17 1M-53 -40q10 4 19 2M-52 -20q10 4 18 2', line, 5))
    )
  },
  cheeks: (_coat, belly) => both(shape('M0 -112C-14 -134 -34 -138 -52 -126C-48 -104 -26 -90 0 -90Z', belly)),
  blaze: (_coat, belly) =>
    shape('M-8 -174C-14 -150 -30 -130 -30 -112C-20 -88 20 -88 30 -112C30 -130 14 -150 8 -174Z', belly),
  panda: () =>
    both(dot(-20, -130, 14, '#2b2a33', 16)) +
    both(shape('M-26 -104C-62 -92 -60 -44 -44 -30C-34 -34 -32 -70 -14 -96Z', '#2b2a33')) +
    both(dot(-30, -7, 24, '#2b2a33', 12)),
  mane: () => '',
  mask: (_coat, belly, ink) =>
    both(
      shape('M-4 -138C-22 -150 -44 -140 -52 -122C-38 -112 -16 -112 -4 -124Z', mix('#3b3840', ink, 0.2)) +
        stroke('M-6 -146q-20 -10 -36 2', belly, 5),
    ),
} satisfies Record<string, Part>

/** Animals that sit on the ground and look at us. */
export const SITTING_ANIMALS: readonly Motif[] = ANIMALS.map((animal) => ({
  name: animal.name,
  words: animal.words,
  place: 'ground',
  frame: [-64, animal.ears === 'long' ? -256 : -200, animal.tail === 'puff' ? 70 : 108, 8],
  draw: (light) => sitting(animal, light),
}))

function sitting(animal: Animal, light: Light): string {
  const [coat, belly, ink] = [light(animal.coat), light(animal.belly), light('#2d1f26')]
  const shade = mix(coat, ink, 0.18)
  return [
    TAILS[animal.tail](coat, belly, ink),
    animal.marks === 'mane' ? mane(light) : '',
    shape('M-50 -4C-66 -58 -40 -112 0 -112C40 -112 66 -58 50 -4C30 4 -30 4 -50 -4Z', coat),
    shape('M8 -112C44 -108 66 -56 50 -4C38 1 24 2 12 2C40 -40 34 -90 8 -112Z', shade, 0.7),
    shape('M-24 -96C-34 -60 -26 -20 -16 -4H16C26 -20 34 -60 24 -96Z', belly),
    both(dot(-30, -5, 23, coat, 11) + stroke('M-36 -6v5M-27 -7v6', shade, 2.4)),
    EARS[animal.ears](coat, belly, ink),
    dot(0, -132, 54, coat, 43),
    shape('M14 -173C48 -164 60 -136 52 -116C44 -96 26 -90 6 -89C40 -104 40 -150 14 -173Z', shade, 0.55),
    MARKS[animal.marks](coat, belly, ink),
    face(belly, ink),
  ].join('')
}

function face(belly: string, ink: string): string {
  return [
    dot(0, -111, 21, belly, 15),
    both(dot(-22, -131, 6.5, ink, 8) + dot(-24, -134, 2.4, '#ffffff')),
    shape('M-8 -120Q0 -125 8 -120Q4 -111 0 -110Q-4 -111 -8 -120Z', ink),
    stroke('M0 -110v5q-6 8 -13 3M0 -105q6 8 13 3', ink, 2.4),
    both(stroke('M-30 -111l-32 -6M-30 -105l-31 4', mix(belly, ink, 0.25), 1.5)),
    both(faint(dot(-38, -115, 8, '#f47c6c', 5), 0.35)),
  ].join('')
}

function mane(light: Light): string {
  const tufts = Array.from({ length: 14 }, (_, index) => {
    const turn = (index * Math.PI * 2) / 14
    return dot(Math.cos(turn) * 54, -132 + Math.sin(turn) * 46, 25, light(index % 2 === 0 ? '#9c5423' : '#b3652a'))
  })
  return tufts.join('')
}
