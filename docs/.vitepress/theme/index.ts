import type { Theme } from 'vitepress';
// Without fonts of the theme's own: readers have good ones.
import DefaultTheme from 'vitepress/theme-without-fonts';
import { h } from 'vue';
import { Picture } from './picture.js';
import './style.css';

const hero = () =>
  h('div', { class: 'hero-picture' }, [
    h(Picture, {
      name: 'connection',
      narrow: true,
      alt: 'A residual connection adds the layer’s output to the state. Frac-Connections cut the state into fractions and learn what the layer reads, how the fractions mix and what they take of the output. Hyper-Connections do the same with copies of the state.',
    }),
    h('pre', { class: 'install' }, 'npm install frac-connections @tensorflow/tfjs'),
  ]);

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'home-features-before': hero }),
  enhanceApp: ({ app }) => {
    app.component('Picture', Picture);
  },
} satisfies Theme;
