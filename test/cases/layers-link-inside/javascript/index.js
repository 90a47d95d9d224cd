exports.manifest = {};
