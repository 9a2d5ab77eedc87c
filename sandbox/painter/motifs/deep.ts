import { mix } from '../scenery/colour.ts'
import { times } from '../dice.ts'
import { both, dot, faint, inks, shape, stroke } from './motif.ts'
import type { Dice } from '../dice.ts'
import type { Light } from '../scenery/colour.ts'
import type { Motif } from './motif.ts'

/** Subjects that live under water. */
export const DEEP: readonly Motif[] = [
  {
    name: 'whale',
    words: ['whale', 'dolphin', 'shark', 'orca', '鲸', '海豚'],
    place: 'deep',
    frame: [-162, -116, 130, 74],
    draw: whale,
  },
  {
    name: 'jellyfish',
    words: ['jellyfish', 'medusa', '水母'],
    place: 'deep',
    frame: [-80, -106, 80, 166],
    draw: jellyfish,
  },
  {
    name: 'octopus',
    words: ['octopus', 'squid', 'kraken', '章鱼'],
    place: 'deep',
    frame: [-132, -112, 132, 130],
    draw: octopus,
  },
  {
    name: 'turtle',
    words: ['turtle', 'tortoise', '海龟', '乌龟'],
    place: 'deep',
    frame: [-114, -74, 132, 98],
    draw: turtle,
  },
  {
    name: 'fish',
    words: ['fish', 'goldfish', 'koi', 'salmon', 'clownfish', '鱼'],
    place: 'deep',
    frame: [-126, -84, 106, 76],
    draw: fish,
  },
]

function fish(light: Light, dice: Dice): string {
  const coat = light(dice.pick(['#f47c3c', '#f2b134', '#e8567a', '#4fb3d9']))
  const [dark, white, ink] = [mix(coat, '#3a1d3a', 0.3), light('#fff7ea'), light('#1e2233')]
  return [
    shape('M-58 0C-84 -36 -108 -44 -122 -40C-114 -18 -112 14 -124 42C-104 44 -80 30 -58 2Z', dark),
    shape('M-24 -46C-8 -78 30 -86 52 -72C48 -58 42 -48 36 -40Z', dark),
    shape('M-8 44C-4 64 14 74 28 70C28 58 26 50 22 42Z', dark),
    shape('M-66 0C-40 -50 20 -66 66 -44C88 -32 102 -14 104 0C98 22 80 40 50 48C4 58 -42 42 -66 0Z', coat),
    shape('M-58 10C-10 36 60 34 104 0C98 22 80 40 50 48C10 56 -34 46 -58 10Z', dark, 0.35),
    shape('M38 -53C52 -30 52 22 36 50C46 50 54 48 60 45C72 20 72 -26 60 -47C54 -50 46 -52 38 -53Z', white),
    shape('M-22 -46C-12 -24 -12 22 -24 42C-16 46 -8 48 -2 49C8 22 8 -28 -4 -50C-10 -50 -16 -48 -22 -46Z', white),
    shape('M20 4C6 0 -10 14 -12 30C6 34 22 22 20 4Z', dark),
    dot(80, -12, 11, white),
    dot(82, -12, 6.5, ink),
    dot(80, -15, 2.2, '#ffffff'),
    stroke('M98 12q-8 5 -15 1', ink, 2.6),
  ].join('')
}

function whale(light: Light): string {
  const [back, deep, belly, ink] = inks(light, '#3d7fb3', '#285a8c', '#e9f1f2', '#12263d')
  return [
    shape(
      'M-96 -4C-112 -34 -138 -46 -160 -44C-152 -26 -142 -14 -130 -4C-146 0 -156 12 -160 28C-134 28 -108 18 -92 6Z',
      deep,
    ),
    shape('M-104 0C-70 -20 -30 -74 40 -76C104 -76 132 -30 126 4C118 44 60 58 10 50C-40 42 -74 20 -104 0Z', back),
    shape('M126 4C118 44 60 58 10 50C-20 45 -46 34 -66 23C-10 34 70 30 126 4Z', belly),
    stroke('M112 20C84 34 50 40 14 40M100 32C74 42 46 46 14 46', mix(belly, deep, 0.45), 2.4),
    shape('M30 24C16 46 -8 66 -30 70C-32 48 -18 28 2 20Z', deep),
    shape('M-10 -62C20 -76 70 -82 104 -56C70 -66 20 -62 -10 -62Z', mix(back, '#ffffff', 0.35), 0.5),
    dot(88, -4, 7.5, ink),
    dot(86, -6.5, 2.5, '#ffffff'),
    stroke('M124 12C108 22 98 22 84 18', ink, 2.6),
    stroke('M56 -80C54 -102 44 -112 30 -112M58 -80C62 -102 72 -112 86 -112', light('#cfe9f2'), 6),
  ].join('')
}

function jellyfish(light: Light): string {
  const [bell, glow, thread, rim] = inks(light, '#f08fc0', '#ffd9ec', '#c77ff0', '#ffb3d6')
  const threads = times(7, (index) => {
    const x = -54 + index * 18
    const sway = index % 2 === 0 ? 22 : -22
    return faint(
      stroke(`M${x} 0C${x + sway} 40 ${x - sway} 80 ${x + sway * 0.6} ${120 + (index % 3) * 22}`, thread, 5),
      0.75,
    )
  })
  return [
    ...threads,
    ...[-24, 0, 24].map((x) => faint(stroke(`M${x} 0C${x + 22} 24 ${x - 22} 52 ${x + 10} 92`, glow, 11), 0.6)),
    shape(
      'M-76 4C-82 -64 -44 -104 0 -104C44 -104 82 -64 76 4C62 -8 50 -8 38 4C26 -8 12 -8 0 4C-12 -8 -26 -8 -38 4C-50 -8 -62 -8 -76 4Z',
      bell,
      0.92,
    ),
    shape('M-54 -8C-58 -56 -30 -86 0 -86C30 -86 58 -56 54 -8C30 -18 -30 -18 -54 -8Z', glow, 0.45),
    shape('M-44 -56C-36 -80 -18 -92 0 -94C-20 -84 -30 -70 -34 -52Z', '#ffffff', 0.7),
    stroke('M-70 -8C-40 -22 40 -22 70 -8', rim, 4),
  ].join('')
}

function octopus(light: Light): string {
  const [skin, dark, spot, ink] = inks(light, '#e0614f', '#ad3d4a', '#f7a58a', '#2a1a2b')
  return [
    arm('M-18 20C-40 64 -34 96 -64 112C-78 118 -86 108 -82 98', dark),
    arm('M-44 10C-82 22 -92 60 -120 58C-134 54 -132 38 -122 36', skin),
    arm('M-34 18C-66 50 -74 84 -104 92C-118 94 -122 82 -116 74', skin),
    arm('M-8 24C-14 62 -4 92 -20 116C-30 126 -40 120 -40 110', skin),
    shape('M-62 16C-92 -36 -74 -108 0 -110C74 -108 92 -36 62 16C40 40 -40 40 -62 16Z', skin),
    shape('M16 -109C78 -100 90 -34 62 16C52 27 36 33 18 34C58 -10 56 -76 16 -109Z', dark, 0.5),
    dot(-34, -72, 11, spot),
    dot(-12, -90, 7, spot),
    dot(-52, -48, 7, spot),
    both(dot(-24, -12, 16, '#fffaf2') + dot(-21, -10, 8.5, ink)),
    dot(-24, -14, 3, '#ffffff'),
    dot(18, -14, 3, '#ffffff'),
    stroke('M-12 14Q0 24 12 14', ink, 3.4),
  ].join('')
}

function arm(path: string, colour: string): string {
  return both(stroke(path, colour, 22))
}

function turtle(light: Light): string {
  const [skin, skinDark, shell, shellDark, plate] = inks(light, '#8fbf6a', '#5f8f52', '#b5763c', '#7b4a2c', '#d69a54')
  return [
    shape('M30 20C50 60 78 84 104 84C104 56 84 30 56 10Z', skinDark),
    shape('M-66 20C-86 34 -102 54 -104 70C-82 68 -60 52 -46 30Z', skinDark),
    shape('M68 -16C84 -40 122 -42 130 -18C132 2 110 12 74 8Z', skin),
    shape('M-84 8L-112 2L-90 -8Z', skinDark),
    shape('M-92 4C-84 -52 -30 -74 10 -70C58 -66 84 -36 88 2C60 26 -60 30 -92 4Z', shell),
    shape('M-92 4C-60 30 60 26 88 2C88 12 82 20 70 26C30 38 -50 38 -78 24C-86 18 -90 12 -92 4Z', light('#ecd9a8')),
    shape('M-30 -50L6 -60L38 -44L34 -14L-2 -4L-36 -18Z', plate),
    shape('M-42 -46L-70 -26L-78 0L-44 -12Z', plate),
    shape('M46 -44L70 -24L78 -2L44 -12Z', shellDark, 0.55),
    shape('M-36 -8L-2 4L34 -6L40 12L-44 14Z', shellDark, 0.45),
    shape('M40 16C34 50 14 84 -14 96C-22 68 -10 36 8 14Z', skin),
    dot(20, 48, 6, skinDark),
    dot(6, 62, 5, skinDark),
    dot(110, -20, 6, light('#1f2a24')),
    dot(108, -22, 2, '#ffffff'),
    stroke('M128 -8q-10 6 -20 3', skinDark, 2.6),
  ].join('')
}
