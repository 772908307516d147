// Text as gzip, in browsers that can; null in the others.

export const compress =
  "CompressionStream" in globalThis
    ? (text) => new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer()
    : null;
