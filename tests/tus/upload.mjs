// Uploads a file with tus-js-client, retrying as an application would. Prints one JSON line an event.
//   node upload.mjs ENDPOINT TOKEN FILE URLSTORE CHUNK_SIZE METADATA_JSON
// URLSTORE is a file that outlives this process: run again, the upload goes on where it was.
import { createReadStream, statSync } from "node:fs";
import { FileUrlStorage, Upload, canStoreURLs } from "tus-js-client";

const [endpoint, token, file, urlStore, chunkSize, metadata] = process.argv.slice(2);
const say = (event, data = {}) => console.log(JSON.stringify({ event, ...data }));

const upload = new Upload(createReadStream(file), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: JSON.parse(metadata),
  uploadSize: statSync(file).size,
  chunkSize: Number(chunkSize) || Number.POSITIVE_INFINITY,
  retryDelays: [100, 200, 400, 800, 1600, 3200, 3200, 3200],
  urlStorage: new FileUrlStorage(urlStore),
  storeFingerprintForResuming: true,
  onAfterResponse: (request, response) =>
    say("answer", {
      method: request.getMethod(),
      status: response.getStatus(),
      offset: response.getHeader("Upload-Offset"),
      video: response.getHeader("X-Video-Id"),
    }),
  onProgress: (sent) => say("progress", { sent }),
  onError: (error) => {
    say("error", { message: error.message, status: error.originalResponse?.getStatus() });
    process.exitCode = 1;
  },
  onSuccess: () => say("success", { url: upload.url }),
});

say("begin", { stores: canStoreURLs });
const previous = await upload.findPreviousUploads();
if (previous.length > 0) {
  upload.resumeFromPreviousUpload(previous[0]);
  say("resume", { url: previous[0].uploadUrl });
}
upload.start();
