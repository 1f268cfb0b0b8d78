using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>
/// Smoothing that does not shrink: each round a step towards the neighbours' mean and a slightly longer one away from it (Taubin 1995), which together are a low-pass filter. Neighbours count by the
/// inverse of their distance in nm (Fujiwara 1995), so that voxels of unequal sides do not pull.
/// </summary>
public static class TaubinSmoothing
{
    private const double Forth = 0.5, Back = -0.53;

    /// <summary>Smooths a mesh; its triangles stay.</summary>
    public static TriangleMesh Run(TriangleMesh mesh, int rounds, Job job) => Run(mesh, rounds, null, job);

    internal static TriangleMesh Run(TriangleMesh mesh, int rounds, VolumeBorders? borders, Job job)
    {
        Point3[] now = [.. mesh.Vertices], next = new Point3[now.Length];
        var weights = new double[now.Length];
        for (int round = 0; round < 2 * rounds; round++)
        {
            job.ThrowIfCancelled();
            double step = round % 2 == 0 ? Forth : Back;
            Array.Clear(next);
            Array.Clear(weights);
            int[] triangles = mesh.Triangles;
            for (int i = 0; i < triangles.Length; i++)
            {
                // Each edge is met twice on a closed surface, once from each side.
                int a = triangles[i], b = triangles[i % 3 == 2 ? i - 2 : i + 1];
                double length = (now[b] - now[a]).Length;
                double weight = length > 0 ? 1 / length : 0;
                next[a] += weight * now[b];
                next[b] += weight * now[a];
                weights[a] += weight;
                weights[b] += weight;
            }
            for (int i = 0; i < now.Length; i++)
            {
                if (weights[i] == 0) continue;
                Point3 by = step * (1 / weights[i] * next[i] - now[i]);
                now[i] = borders is null ? now[i] + by : borders.Move(now[i], by);
            }
        }
        return new TriangleMesh(now, [.. mesh.Triangles]);
    }
}
