/**
 * A video of a kilobyte, for machines without an ffmpeg: H.264 in Matroska, 32 x 32, ten frames at 25 a second, of which each
 * fifth is a key frame. Flat grey: frame `n` has a luma of 16 + 20n. Made by
 *
 *     ffmpeg -f lavfi -i "color=black:size=32x32:rate=25:duration=0.4,format=yuv420p,geq=lum='16+N*20':cb=128:cr=128" \
 *       -c:v libx264 -preset slow -g 5 -bf 0 -qp 4 -bsf:v filter_units=remove_types=6 \
 *       -fflags +bitexact -flags:v +bitexact tiny.mkv
 */
export const TINY_VIDEO = new Uint8Array(
  Buffer.from(
    `
GkXfo6NChoEBQveBAULygQRC84EIQoKIbWF0cm9za2FCh4EEQoWBAhhTgGcBAAAAAAADnhFNm3TAv4TiGfK+TbuLU6uEFUmpZlOsgaFNu4tTq4QW
VK5rU6yBzE27jFOrhBJUw2dTrIIBUk27jFOrhBxTu2tTrIIC5OwBAAAAAAAAUwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAFUmpZqa/hNWPkj0q17GDD0JATYCETGF2ZldBhExhdmZEiYhAeQAA
AAAAABZUrmtAgL+EwnBFLq4BAAAAAAAAcdeBAXPFiAAAAAAAAAABnIEAIrWcg3VuZIiBAIaPVl9NUEVHNC9JU08vQVZDg4EBI+ODhAJiWgDgibCB
ILqBIJqBAmOirAFkAAr/4QAWZ2QACqyzEtgIgAAAAwCAAAAZB4kTNAEAB2jpcBbLIsD9+PgAElTDZ9i/hIYSnxxzc89jwItjxYgAAAAAAAAAAWfI
mUWjh0VOQ09ERVJEh4xMYXZjIGxpYngyNjRnyKJFo4hEVVJBVElPTkSHlDAwOjAwOjAwLjQwMDAwMDAwMAAAH0O2dUEvv4Tt7qkK54EAo5uBAACA
AAAAE2WIhDr+99M/zLLsmiS144e/t/+jnIEAKIAAAAAUZYiCDr/+99M/zLLqD96144e/t/6jm4EAUIAAAAATZYiEOv730z/MsuE2YteOHv7f+aOc
gQB4gAAAABRliIIOv/730z/MstcHsteOHv7f+KObgQCggAAAABNliIQ6/vfTP8yyubprXjh7+3/ho5yBAMiAAAAAFGWIgg6//vfTP8yyUH6teOHv
7f+Bo5qBAPCAAAAAEmWIhDr+99M/zLHYObXjh7+3/6OcgQEYgAAAABRliIIOv/730z/MsrGOW144e/t/4aObgQFAgAAAABNliIQ6/vfTP8yy1Pyu
144e/t/4o5yBAWiAAAAAFGWIgg6//vfTP8yy3yXG144e/t/4HFO7a0C0v4QL9yKOu4+zgQC3iveBAfGCAa/wgQm7j7OBKLeK94EB8YIBr/CBJruP
s4FQt4r3gQHxggGv8IFEu4+zgXi3iveBAfGCAa/wgWG7j7OBoLeK94EB8YIBr/CBf7uPs4HIt4r3gQHxggGv8IGcu4+zgfC3iveBAfGCAa/wgbq7
kLOCARi3iveBAfGCAa/wgda7kLOCAUC3iveBAfGCAa/wgfS7kbOCAWi3i/eBAfGCAa/wggER
`,
    'base64',
  ),
)

/** Grey of frame `n` of it, 0 to 255. */
export const tinyGrey = (n: number) => Math.round((n * 20 * 255) / 219)
