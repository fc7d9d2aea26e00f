// Plain old syntax on purpose: this must be understood by the Node it turns away.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    'Conclave needs Node 20.19 or newer (24 LTS recommended); this is ' + process.version + ' at ' + process.execPath + '.\n' +
      'Get one from https://nodejs.org or with a version manager, such as: nvm install 24',
  );
  process.exit(1);
}
