import '@fontsource-variable/anuphan';
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { config } from './core/config.svelte';
import { live } from './core/live.svelte';
import { outbox } from './core/outbox.svelte';
import { session } from './core/session.svelte';
import { registerServiceWorker } from './core/updates';
import './core/theme.svelte';

await session.open();
await outbox.open();
mount(App, { target: document.getElementById('app')! });
void config.read();
live.start();
registerServiceWorker();
