import '@fontsource-variable/anuphan';
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { session } from './core/session.svelte';
import { registerServiceWorker } from './core/updates';
import './core/theme.svelte';

await session.open();
mount(App, { target: document.getElementById('app')! });
registerServiceWorker();
