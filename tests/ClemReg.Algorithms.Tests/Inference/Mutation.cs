namespace ClemReg.Algorithms.Tests.Inference;

/// <summary>Damages files as a bad disk, a broken download or an attacker would.</summary>
internal static class Mutation
{
    /// <summary>A damaged copy: bytes changed, cut off, put in, doubled, or lengths made large.</summary>
    public static byte[] Of(byte[] whole, Random random)
    {
        List<byte> bytes = [.. whole];
        for (int times = random.Next(1, 4); times > 0; times--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, bytes.Count - at); break;
                case 3: bytes.InsertRange(at, [0xff, 0xff, 0xff, 0xff, (byte)random.Next(256)]); break;
                case 4:
                    int length = Math.Min(random.Next(1, 64), bytes.Count - at);
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                default: bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at)); break;
            }
            if (bytes.Count == 0) bytes.Add(8);
        }
        return [.. bytes];
    }
}
