/**
 * The app's own plain map: the river, canals, main roads, parks and districts of Bangkok, drawn by hand and not to be
 * navigated by. A service with a tile server names its style in the settings instead (`map.style_url` of `/config`).
 */
import type { StyleSpecification } from 'maplibre-gl';
import type { Language } from '../core/language.svelte';
import city from './bangkok.json?url';

/** Colours that MapLibre can read, from the tokens of the page. */
export function colour(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export function plainStyle(language: Language): StyleSpecification {
  const kind = (name: string): ['==', ['get', string], string] => ['==', ['get', 'kind'], name];
  return {
    version: 8,
    sources: { city: { type: 'geojson', data: new URL(city, window.location.href).href } },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colour('sunken') } },
      { id: 'parks', type: 'fill', source: 'city', filter: kind('park'), paint: { 'fill-color': colour('leaf-soft') } },
      {
        id: 'water',
        type: 'line',
        source: 'city',
        filter: ['in', ['get', 'kind'], ['literal', ['river', 'canal']]],
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: {
          'line-color': colour('map-water'),
          'line-width': [
            'interpolate',
            ['exponential', 2],
            ['zoom'],
            9,
            ['match', ['get', 'kind'], 'river', 3, 0.5],
            15,
            ['match', ['get', 'kind'], 'river', 70, 8],
          ],
        },
      },
      {
        id: 'roads',
        type: 'line',
        source: 'city',
        filter: kind('road'),
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: {
          'line-color': colour('surface'),
          'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 9, 1, 15, 12],
        },
      },
      {
        id: 'districts',
        type: 'symbol',
        source: 'city',
        filter: kind('district'),
        layout: {
          'text-field': ['get', `name_${language}`],
          'text-font': ['Anuphan Variable'],
          'text-size': 13,
          'text-max-width': 8,
        },
        paint: { 'text-color': colour('ink-soft'), 'text-halo-color': colour('sunken'), 'text-halo-width': 1.5 },
      },
    ],
  };
}
