// Draws every map of a page of the admin: a point, a circle around it, a grid square. See geo/admin_base.py.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-map]").forEach((element) => drawMap(element, JSON.parse(element.dataset.map)));
});

function drawMap(element, drawing) {
  const map = L.map(element, { scrollWheelZoom: false });
  L.tileLayer(drawing.tiles, { attribution: drawing.attribution, maxZoom: drawing.maxZoom }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  const shapes = shapesOf(drawing);
  // The bounds of a circle are known only on a map that has a view.
  map.setView(drawing.point || drawing.square[0], 15);
  shapes.forEach((shape) => shape.addTo(map));
  map.fitBounds(L.featureGroup(shapes).getBounds(), { padding: [40, 40], maxZoom: 16 });
}

function shapesOf(drawing) {
  const shapes = [];
  if (drawing.square) shapes.push(L.rectangle(drawing.square, { color: "#1d4ed8", weight: 2, fillOpacity: 0.12 }));
  if (drawing.radius) {
    shapes.push(L.circle(drawing.point, { radius: drawing.radius, color: "#15803d", weight: 2, fillOpacity: 0.1 }));
  }
  if (drawing.point) {
    const dot = { radius: 8, color: "#ffffff", weight: 3, fillColor: "#be123c", fillOpacity: 1 };
    shapes.push(L.circleMarker(drawing.point, dot));
  }
  return shapes;
}
