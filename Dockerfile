# docker build -t muster:0.1.0 .
FROM node:24-slim AS build
WORKDIR /muster
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY scripts/bundle.js scripts/
COPY src src
RUN node scripts/bundle.js && npm prune --omit=dev --no-progress

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /muster
COPY --from=build /muster/package.json ./
COPY --from=build /muster/node_modules node_modules
COPY --from=build /muster/build/muster build/muster
COPY bin bin
COPY web web
# Nobody in particular: owns nothing here and needs no home.
USER 65532:65532
EXPOSE 8787
# Executed by its first line, which holds the flags of node.
ENTRYPOINT ["/muster/bin/muster.js"]
CMD ["run"]
