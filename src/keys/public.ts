import { SetMetadata } from '@nestjs/common';

export const publicEndpoint = Symbol('publicEndpoint');

/** Marks a controller or route that needs no key and answers whoever reaches it: health and metadata. */
export const Public = () => SetMetadata(publicEndpoint, true);
