import { withBase } from 'vitepress';
import { h, type VNode } from 'vue';

interface PictureProps {
  /** `connection` or `loss`: the start of the files' names in docs/public. */
  name: string;
  alt: string;
  /** Whether there is a form for narrow pages. */
  narrow?: boolean;
}

/** A picture in the colours of the page, light or dark, and in the width of the screen. */
export function Picture({ name, alt, narrow = false }: PictureProps): VNode {
  const image = (file: string, colours: string, width: string) =>
    h('img', { src: withBase(`/${file}-${colours}.svg`), alt, class: [colours, width] });
  const images = ['light', 'dark'].flatMap(colours => [
    image(name, colours, narrow ? 'wide' : ''),
    ...(narrow ? [image(`${name}-narrow`, colours, 'narrow')] : []),
  ]);
  return h('div', { class: 'picture' }, images);
}
