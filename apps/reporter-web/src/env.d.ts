declare module '*?worker&url' {
  const url: string;
  // eslint-disable-next-line no-restricted-syntax -- Vite gives the address as default export
  export default url;
}
